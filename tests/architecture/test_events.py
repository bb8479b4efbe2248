"""Everything that can happen has a sentence in both languages, fields that its sentence knows, a line in the
documentation, and somebody who records it."""

from __future__ import annotations

import string
from dataclasses import fields

import pytest
from django.utils import timezone, translation

from mainstay.core.events.reference import events_page, product_events
from mainstay.core.events.sentences import sentence_of
from mainstay.core.events.types import Happening, Visibility
from mainstay.core.events.wiring import later_handlers
from mainstay.project import wiring
from mainstay.project.options import CHECKOUT
from mainstay.support.sla.rules import ClockKind

EVENTS = product_events()
by_event = pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS.keys())


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@by_event
def test_its_sentence_is_there_in_both_languages(kind: type[Happening]) -> None:
    with translation.override("en"):
        english = str(kind.sentence)
    with translation.override("es"):
        spanish = str(kind.sentence)
    assert english
    assert spanish != english, "no Spanish words"
    assert placeholders(spanish) == placeholders(english)
    known = {field.name for field in fields(kind)} | {"actor"}  # type: ignore[arg-type]
    assert placeholders(english) <= known
    assert set(kind.words) <= known


@by_event
def test_it_is_named_in_the_past_and_lives_in_a_room(kind: type[Happening]) -> None:
    area, _, what = kind.name.partition(".")
    assert area.isidentifier()
    assert what.replace("_", "").isalpha()
    assert kind.__module__.endswith(".events")
    assert isinstance(kind.visibility, Visibility)


def test_the_documentation_is_up_to_date() -> None:
    """./run manage events_reference"""
    assert (CHECKOUT / "docs" / "events.md").read_text(encoding="utf-8") == events_page()


def test_every_event_is_recorded_somewhere() -> None:
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in (CHECKOUT / "src" / "mainstay").rglob("*.py")
        if "tests" not in path.parts and path.name != "events.py"
    )
    assert [name for name, kind in EVENTS.items() if f"{kind.__name__}(" not in source] == []


def test_follow_ups_are_of_registered_events_and_have_names_of_their_own() -> None:
    handlers = later_handlers()
    assert len(handlers) == len(wiring.LATER)
    for handler in handlers:
        assert handler.events <= set(EVENTS)


def test_codes_and_times_are_said_in_the_readers_words_and_zone() -> None:
    data = {"kind": ClockKind.FIRST_RESPONSE.value, "due_at": "2026-01-05T08:30:00+00:00"}
    with translation.override("es"), timezone.override("Europe/Madrid"):
        said = sentence_of("sla.breached", data, "Ana")
    assert "Primera respuesta" in said
    assert "9:30" in said
    assert sentence_of("ticket.status_changed", {"old": "open", "new": "closed"}, "Ana") == (
        "Ana changed the status from Open to Closed"
    )
    assert sentence_of("not.known", {}, "Ana") == "not.known"
    assert "…" in sentence_of("ticket.status_changed", {"old": "open"}, "Ana")
