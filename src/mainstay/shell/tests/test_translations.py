from pathlib import Path

import pytest

from mainstay.shell.translations.catalogs import Room, faults, placeholders, read_catalogue, synced
from mainstay.shell.translations.extract import Place, Text, python_texts, template_texts

PYTHON = """
from django.utils.translation import gettext as _, ngettext_lazy, pgettext
from django.utils import translation
_("one")
ngettext_lazy("%(n)s two", "%(n)s twos", 2)
pgettext("verb", "three")
translation.gettext("four " "and more")
other("five")
"""


def test_python_texts_are_found_by_meaning_not_by_name() -> None:
    assert [text for text, _line in python_texts(PYTHON)] == [
        Text("one"),
        Text("%(n)s two", "%(n)s twos"),
        Text("three", context="verb"),
        Text("four and more"),
    ]
    assert list(python_texts('def _(x): return x\n_("not a translation")')) == []


@pytest.mark.parametrize("call", ['_(f"hello {name}")', "_(name)", '_("a" + name)', "_()"])
def test_texts_that_cannot_be_translated_are_reported(call: str) -> None:
    (found,) = python_texts(f"from django.utils.translation import gettext as _\n{call}")
    assert isinstance(found[0], str)
    assert found[1] == 2


def test_template_texts_are_found() -> None:
    source = """{% load i18n %}
    {% translate "one" %} {% translate 'two' context "verb" %} {{ _("three") }} {% tag word=_("four") %}
    {% blocktranslate trimmed with n=x %}
      five {{ n }}
    {% endblocktranslate %}
    {% blocktranslate count n=x %}one{% plural %}{{ n }} many{% endblocktranslate %} gettext("not code")"""
    assert {text for text, _line in template_texts(source)} == {
        Text("one"),
        Text("two", context="verb"),
        Text("three"),
        Text("four"),
        Text("five %(n)s"),
        Text("one", "%(n)s many"),
    }


@pytest.fixture
def room(tmp_path: Path) -> Room:
    place = [Place(Path("room/pages.py"), 3)]
    texts = [Text("Hello %(name)s"), Text("%(n)s day", "%(n)s days"), Text("Open", context="verb")]
    return Room("room", tmp_path, dict.fromkeys(texts, place))


def write(room: Room, content: str) -> None:
    path = room.catalogue("es")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def test_syncing_adds_what_is_new_keeps_what_is_translated_and_drops_what_is_gone(room: Room) -> None:
    write(room, 'msgid "Hello %(name)s"\nmsgstr "Hola, %(name)s"\n\nmsgid "Gone"\nmsgstr "Ido"\n')
    assert any("'Gone' is no longer used" in fault for fault in faults(room, "es"))
    write(room, synced(room, "es"))
    catalogue = read_catalogue(room.catalogue("es"), "es")
    assert catalogue.get("Hello %(name)s").string == "Hola, %(name)s"
    assert catalogue.get("Gone") is None
    assert len(faults(room, "es")) == 2
    assert synced(room, "es") == room.catalogue("es").read_text(encoding="utf-8")


def test_a_complete_catalogue_has_no_faults_and_each_damage_is_named(room: Room) -> None:
    good = synced(room, "es").replace('day"\nmsgid_plural', 'day"\nmsgid_plural')
    good = good.replace('msgstr[0] ""', 'msgstr[0] "%(n)s día"').replace(
        'msgstr[1] ""', 'msgstr[1] "%(n)s días"'
    )
    good = good.replace(
        'msgid "Hello %(name)s"\nmsgstr ""', 'msgid "Hello %(name)s"\nmsgstr "Hola, %(name)s"'
    )
    good = good.replace('msgid "Open"\nmsgstr ""', 'msgid "Open"\nmsgstr "Abrir"')
    write(room, good)
    assert faults(room, "es") == []
    for damage, named in [
        (("Hola, %(name)s", "Hola, %(nombre)s"), "placeholders"),
        (("Hola, %(name)s", ""), "empty"),
        (('msgctxt "verb"', '#, fuzzy\nmsgctxt "verb"'), "fuzzy"),
        (('msgctxt "verb"\n', ""), "missing"),
    ]:
        write(room, good.replace(*damage))
        assert any(named in fault for fault in faults(room, "es")), damage


def test_placeholders_of_both_kinds_are_compared() -> None:
    assert placeholders("%(b)s of {a}, 100 %% sure") == ["a", "b"]
    assert placeholders("%s and %d and {}") == ["%d", "%s", "{}"] or placeholders("%s") != placeholders(
        "%(s)s"
    )
