"""What the clocks of tickets say, in the words of the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstay.core.events.models import Event
from mainstay.shell.tags.times import Counter, span_words
from mainstay.support.sla.models import Clock
from mainstay.support.sla.queries.rows import clock_of
from mainstay.support.sla.rules import CounterState, counter
from mainstay.support.tickets.models import Ticket

KIND_WORDS: dict[str, str | LazyText] = {
    "first_response": gettext_lazy("First response"),
    "next_response": gettext_lazy("Next response"),
    "restore": gettext_lazy("Restore"),
    "update": gettext_lazy("Update"),
}
_NO_DATE = datetime(9999, 1, 1, tzinfo=UTC)


def queue_counters(tickets: Sequence[Ticket], now: datetime) -> dict[UUID, Counter]:
    """The most pressing promise of each; where all of them rest, the one that rests. One query."""
    pressing: dict[UUID, Clock] = {}
    running = Clock.objects.filter(
        tenant_id__in={t.tenant_id for t in tickets},
        ticket_id__in=[t.id for t in tickets],
        met_at__isnull=True,
        stopped_at__isnull=True,
        amount__isnull=False,
    )
    for clock in running:
        known = pressing.get(clock.ticket_id)
        if known is None or _urgency(clock) < _urgency(known):
            pressing[clock.ticket_id] = clock
    return {ticket_id: counter_of(clock, now) for ticket_id, clock in pressing.items()}


def _urgency(clock: Clock) -> tuple[bool, bool, datetime]:
    """Promises before goals, what runs before what rests, then by the due moment."""
    return clock.is_goal, clock.due_at is None, clock.due_at or _NO_DATE


def counter_of(clock: Clock, now: datetime) -> Counter:
    label = str(KIND_WORDS[clock.kind])
    seen = counter(clock_of(clock), now)
    if seen.state is CounterState.PAUSED:
        rest = span_words(seen.remaining or timedelta(0))
        word = _("paused, %(span)s left") % {"span": rest} if rest else _("paused")
        return Counter(label, word=word, meaning="neutral")
    if seen.state is CounterState.MET:
        return (
            Counter(label, word=_("met late"), meaning="warning")
            if seen.is_late
            else Counter(label, word=_("met"))
        )
    if seen.state is CounterState.NONE:
        return Counter(label, word=_("ended") if clock.stopped_at else _("no deadline"), meaning="neutral")
    if seen.state is CounterState.GOAL:
        return Counter(label, due_at=clock.due_at, meaning="neutral")
    return Counter(label, due_at=clock.due_at, warn_at=clock.warn_at)


@dataclass(frozen=True, slots=True)
class Working:
    """One clock with how its due moment came about."""

    clock: Clock
    label: str
    counter: Counter
    amount: str
    consumed: str
    runs: list[tuple[datetime, datetime]]
    moves: list[Event]

    @property
    def is_running(self) -> bool:
        return self.clock.met_at is None and self.clock.stopped_at is None


def clocks_of(ticket: Ticket, now: datetime) -> list[Working]:
    """All of a ticket's clocks, the running ones first. Two queries."""
    rows = list(Clock.objects.filter(tenant_id=ticket.tenant_id, ticket_id=ticket.id).order_by("-number"))
    moved = Event.objects.filter(
        tenant_id=ticket.tenant_id, subject_id=ticket.id, name="sla.clock_recomputed"
    ).order_by("n")
    moves = list(moved) if rows else []
    found = [_working(row, [m for m in moves if m.data.get("clock_id") == str(row.id)], now) for row in rows]
    return sorted(found, key=lambda working: not working.is_running)


def _working(row: Clock, moves: list[Event], now: datetime) -> Working:
    ends = iter(row.runs)
    return Working(
        row,
        str(KIND_WORDS[row.kind]),
        counter_of(row, now),
        span_words(row.amount) if row.amount else "",
        span_words(row.consumed) or _("nothing"),
        list(zip(ends, ends, strict=True)),
        moves,
    )
