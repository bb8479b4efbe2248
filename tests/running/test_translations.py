import gettext
import os
from pathlib import Path

import pytest

from mainstay.project.translations import TranslationError, compile_messages

HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=n != 1;\\n"

"""


def write_po(root: Path, body: str) -> Path:
    path = root / "room" / "locale" / "es" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + body, encoding="utf-8")
    return path


def translation(path: Path) -> gettext.GNUTranslations:
    with path.with_suffix(".mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def test_what_changed_is_compiled_and_nothing_else(tmp_path: Path) -> None:
    path = write_po(tmp_path, 'msgid "Close"\nmsgstr "Cerrar"\n\n#, fuzzy\nmsgid "Open"\nmsgstr "Abrir"\n')
    assert compile_messages(tmp_path) == [path]
    assert translation(path).gettext("Close") == "Cerrar"
    assert translation(path).gettext("Open") == "Open"  # a fuzzy translation is nobody's word yet
    assert compile_messages(tmp_path) == []
    write_po(tmp_path, 'msgid "Close"\nmsgstr "Cierre"\n')
    os.utime(path, ns=(1, 1))  # older than what was compiled, as after a checkout of an older release
    assert compile_messages(tmp_path) == [path]
    assert translation(path).gettext("Close") == "Cierre"
    assert [entry.suffix for entry in sorted(path.parent.iterdir())] == [".mo", ".po"]


def test_a_placeholder_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = write_po(tmp_path, '#, python-format\nmsgid "Hello %(name)s"\nmsgstr "Hola %(nombre)s"\n')
    with pytest.raises(TranslationError, match=r"django\.po, line \d+"):
        compile_messages(tmp_path)
    assert not path.with_suffix(".mo").exists()
