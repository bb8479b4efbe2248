"""The words for this room's enums, amounts and counters."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mainstay.shell.tags.times import Counter
from mainstay.support.sla.queries import ShownClock
from mainstay.support.sla.rules import Amount, ClockKind, CounterState, Measure, Promise, Unit

KINDS: Final[dict[str, str | LazyText]] = {
    ClockKind.FIRST_RESPONSE: _("First response"),
    ClockKind.NEXT_RESPONSE: _("Next response"),
    ClockKind.RESTORE: _("Service restored"),
    ClockKind.UPDATE: _("Next update"),
}
STATES: Final[dict[str, str | LazyText]] = {
    CounterState.DUE: _("running"),
    CounterState.BREACHED: _("missed"),
    CounterState.PAUSED: _("paused"),
    CounterState.MET: _("kept"),
    CounterState.GOAL: _("goal"),
}


def counter_of(shown: ShownClock | None) -> Counter | None:
    """For `{% sla_counter %}`."""
    if shown is None:
        return None
    label = str(KINDS[shown.kind])
    if shown.clock.is_goal:
        label = _now("%(promise)s (goal)") % {"promise": label}
    match shown.state:
        case CounterState.DUE | CounterState.BREACHED:
            return Counter(label=label, due_at=shown.counter.moment, warn_at=shown.clock.warn_at)
        case CounterState.PAUSED:
            return Counter(label=label, word=_now("paused"), meaning="neutral")
        case CounterState.MET if shown.counter.is_late:
            return Counter(label=label, word=_now("kept late"), meaning="warning")
        case CounterState.MET:
            return Counter(label=label, word=_now("kept"), meaning="good")
        case CounterState.GOAL if shown.counter.is_late:
            return Counter(label=label, word=_now("goal passed"), meaning="neutral")
        case CounterState.GOAL:
            return Counter(label=label, due_at=shown.counter.moment, meaning="neutral")
        case _:
            return None


def amount_words(amount: Amount) -> str:
    count = {"count": amount.count}
    if amount.unit is Unit.MINUTES:
        return _now("%(count)s min") % count
    if amount.unit is Unit.HOURS:
        return _now("%(count)s h") % count
    return ngettext("%(count)s working day", "%(count)s working days", amount.count) % count


def hours_words(promise: Promise, calendar_name: str) -> str:
    """In which hours the amount is counted."""
    return _now("by the clock, day and night") if promise.measure is Measure.ELAPSED else calendar_name
