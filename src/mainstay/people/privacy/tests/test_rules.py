"""The address and the full name go, whatever they stand in; nothing else does. And quotes go, whatever marks them."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mainstay.people.privacy.rules import ERASED, needles, quotes_eraser, redacted, redactor

_LETTERS = "abcdefghijklmnopqrstuvwxyzáéíñöüçł"
names = st.lists(st.text(_LETTERS, min_size=2, max_size=9), min_size=2, max_size=4).map(
    lambda words: " ".join(word.capitalize() for word in words)
)
emails = st.builds(
    lambda local, domain: f"{local}@{domain}.example",
    st.from_regex(r"[a-z][a-z0-9]{2,9}([.+_-][a-z0-9]{1,5})?", fullmatch=True),
    st.from_regex(r"[a-z]{2,8}", fullmatch=True),
)
around = st.text(" \n\t,;:!?()<>\"'–…", max_size=6)
ways = st.sampled_from(
    [
        str,
        str.upper,
        str.lower,
        html.escape,
        quote,
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.encode("ascii", "xmlcharrefreplace").decode(),
        lambda text: json.dumps(text)[1:-1],
        lambda text: text.replace(" ", "  \n"),
        lambda text: text.replace(" ", "_"),
        lambda text: text.replace(" ", "&nbsp;"),
    ]
)


@settings(deadline=None)
@given(names, emails, ways, around, around)
def test_the_person_goes_however_written(name, email, way, before, after) -> None:
    assume(re.search("[a-z]", name.lower()))  # a name wholly in another script is looked for as it stands
    redact = redactor(email=email, name=name)
    for sought in (name, email):
        text = f"{before}{way(sought)}{after}"
        assert redact(text) == f"{before}{ERASED}{after}"
        assert any(needle in text.lower() for needle in needles(email=email, name=name)), "found beforehand"


@given(names, emails, st.text(max_size=200))
def test_what_does_not_name_them_stays(name, email, text) -> None:
    once = redactor(email=email, name=name)(text)
    assert redactor(email=email, name=name)(once) == once
    if not any(needle in text.lower() for needle in needles(email=email, name=name)):
        assert once == text


@pytest.mark.parametrize(
    "text",
    [
        "maria.ana@acme.example",
        "ana@acme.examples",
        "ana@acme.example-corp.test",
        "Anabel",
        "analysis of a banana",
    ],
)
def test_others_are_not_them(text: str) -> None:
    assert redactor(email="ana@acme.example", name="Ana")(text) == text


def test_the_other_order_and_json() -> None:
    redact = redactor(email="a.paz@acme.example", name="Ana María Paz")
    assert redact("Paz, Ana María: yes") == f"{ERASED}: yes"
    assert redacted({"who": ["Ana María Paz", 3, None], "n": 1}, redact) == {"who": [ERASED, 3, None], "n": 1}


SAID = "The pump in the northern field loses pressure whenever it rains"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"You wrote: {SAID}. We look.", f"You wrote: {ERASED}. We look."),
        (
            "> The pump in the northern\n> field loses pressure\n> whenever it rains\nYes.",
            f"> {ERASED}\nYes.",
        ),
        ("<p>the <b>pump</b> in the&nbsp;northern field loses</p><p>Yes</p>", f"<p>{ERASED}</p><p>Yes</p>"),
        ("> It rains\nIt rains here too.", f"> {ERASED}\nIt rains here too."),
        ("The pump in our yard is new.", "The pump in our yard is new."),
        ("", ""),
    ],
)
def test_quotes(text: str, left: str) -> None:
    assert quotes_eraser([SAID])(text) == left


@given(st.lists(st.from_regex(r"[a-z]{3,8}", fullmatch=True), min_size=5, max_size=30), st.data())
def test_five_words_in_a_row_are_a_quote(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 5))
    quoted = data.draw(st.sampled_from([" ", "\n> ", "  ", "<br>", "&nbsp;"])).join(words[first : first + 5])
    assert quotes_eraser([" ".join(words)])(f"0 {quoted} 1") == f"0 {ERASED} 1"
