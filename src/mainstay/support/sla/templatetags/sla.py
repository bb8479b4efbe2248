"""`{% load sla %}`: promises in words, clocks as counters."""

from __future__ import annotations

from django.template import Library
from django.utils.dates import WEEKDAYS

from mainstay.shell.tags.times import Counter
from mainstay.support.sla.labels import KINDS, amount_words, counter_of, hours_words
from mainstay.support.sla.queries import CalendarCard, Cell, Expected, ShownClock
from mainstay.support.sla.rules import ClockKind, Promise
from mainstay.support.sla.rules.calendar import clock_text

register = Library()


@register.filter
def as_counter(shown: ShownClock | None) -> Counter | None:
    """`{% sla_counter clock|as_counter label=True %}`."""
    return counter_of(shown)


@register.filter
def promise_of(cell: Cell, kind: str) -> Promise | None:
    return cell.of(ClockKind(kind))


@register.filter
def amount(promise: Promise) -> str:
    return amount_words(promise.amount)


@register.filter
def hours_of(cell: Cell, kind: str) -> str:
    promise = cell.of(ClockKind(kind))
    return hours_words(promise, cell.calendar_names[promise.kind]) if promise else ""


@register.filter
def expected_hours(expected: Expected) -> str:
    return hours_words(expected.promise, expected.calendar_name)


@register.filter
def kind_words(kind: str) -> str:
    return str(KINDS[kind])


@register.filter
def week_of(card: CalendarCard) -> list[tuple[str, list[str]]]:
    """Weekday → its hours; none is closed."""
    return [
        (str(WEEKDAYS[day]), [f"{clock_text(opens)}–{clock_text(closes)}" for opens, closes in hours])
        for day, hours in enumerate(card.weekly)
    ]
