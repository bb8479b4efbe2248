"""Texts become values, and what does not fit is said precisely (OPS-11)."""

from __future__ import annotations

from dataclasses import fields

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.house import labels
from mainstay.core.house.rules import DEFINITIONS, Group, House, Unfit, Widget, house_of, kinds
from mainstay.project.options import SETTINGS


def test_every_setting_has_its_words_and_its_default() -> None:
    assert {f.name for f in fields(House)} == set(DEFINITIONS) == set(labels.SETTINGS)
    assert set(labels.GROUPS) == set(Group)
    assert set(labels._MESSAGES) == set(kinds.MESSAGES)
    assert house_of() == House()
    for key, definition in DEFINITIONS.items():
        assert definition.kind.read(definition.default) == getattr(House(), key)
        assert str(labels.SETTINGS[key].help).endswith(".")
        if definition.kind.widget is Widget.CHOICE:
            for choice in definition.kind.choices:
                definition.kind.read(choice)
                assert labels.choice_words(key, choice)


def test_no_name_stands_in_both_tables() -> None:
    assert not {d.variable for d in DEFINITIONS.values()} & {s.name for s in SETTINGS.values()}


def test_no_secret_can_be_set_on_a_page() -> None:
    forbidden = ("secret", "password", "token", "database", "storage", "listen", "mail_url")
    assert [key for key in DEFINITIONS if any(word in key for word in forbidden)] == []


@given(st.sampled_from(sorted(DEFINITIONS)), st.text(max_size=600))
def test_any_text_is_read_or_refused_in_both_languages(key: str, text: str) -> None:
    known, value = house_of({key: text}), None
    unfit: Unfit | None = None
    try:
        value = DEFINITIONS[key].kind.read(text)
    except Unfit as caught:
        unfit = caught
    if unfit is None:
        assert getattr(known, key) == value
        return
    assert known == House()
    assert str(unfit)
    for language in ("en", "es"):
        with translation.override(language):
            assert labels.words_of(unfit)


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("operator_name", "  ", "may not be empty"),
        ("operator_name", "a\x07b", "control characters"),
        ("operator_name", "x" * 121, "has 121 characters; at most 120"),
        ("zone", "Europe/Madrit", "did you mean Europe/Madrid?"),
        ("zone", "", "is no time zone"),
        ("currency", "euro", "is no currency"),
        ("languages", "en,fr", "choose out of en, es"),
        ("mail_from", "support", "is no mail address"),
        ("privacy_url", "javascript:alert(1)", "is no web address"),
        ("privacy_url", "https://user:word@a.example", "is no web address"),
        ("privacy_url", "https://a.example:99999", "is no web address"),
        ("session_days", "0", "from 1 to 365"),
        ("session_days", "٣", "from 1 to 365"),
        ("accent", "mud", "Choose one of"),
    ],
)
def test_what_is_wrong_is_said(key: str, text: str, said: str) -> None:
    with pytest.raises(Unfit) as unfit:
        DEFINITIONS[key].kind.read(text)
    with translation.override("en"):
        assert said in labels.words_of(unfit.value)


def test_later_layers_win_and_nonsense_of_older_releases_does_not_count() -> None:
    known = house_of(
        {"zone": "Europe/Berlin", "phone": "1"}, {"zone": "Mars/Base", "gone": "x"}, {"phone": "2"}
    )
    assert (known.zone, known.phone) == ("Europe/Berlin", "2")


def test_languages_offered() -> None:
    known = house_of({"languages": "es"})
    assert known.offered("en", "") == known.language == "es"
    assert house_of().offered("", "fr", "es") == "es"
    assert house_of().offered("fr") == "en"
