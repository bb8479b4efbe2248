"""The promises of tickets, as the queue and the ticket page show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from mainstay.core.actor import Actor
from mainstay.core.events.models import Event
from mainstay.shell.tags.times import Counter, span_words
from mainstay.support.sla.labels import KINDS, counter_of
from mainstay.support.sla.queries import ShownClock, all_clocks, clocks_of
from mainstay.support.sla.rules import Clock, CounterState
from mainstay.support.tickets.models import Ticket

_OPEN = frozenset({CounterState.DUE, CounterState.BREACHED, CounterState.PAUSED, CounterState.GOAL})


def queue_counters(actor: Actor, tickets: Sequence[Ticket], now: datetime) -> dict[UUID, Counter]:
    """The most pressing promise of each that is still open. One query."""
    found: dict[UUID, Counter] = {}
    for ticket_id, shown in clocks_of(actor, tickets, now).items():
        counter = counter_of(next((one for one in shown if one.state in _OPEN), None))
        if counter is not None:
            found[ticket_id] = counter
    return found


@dataclass(frozen=True, slots=True)
class Working:
    """One clock with how its due moment came about."""

    shown: ShownClock
    label: str
    counter: Counter | None
    amount: str
    consumed: str
    moves: list[tuple[datetime, datetime | None, datetime | None]]
    """When it was moved; the due moment before and after."""

    @property
    def clock(self) -> Clock:
        return self.shown.clock


def workings(actor: Actor, ticket: Ticket, now: datetime) -> list[Working]:
    """All clocks that a ticket ever had, those still open first. Two queries."""
    shown = all_clocks(actor, ticket, now)
    moved = Event.objects.filter(
        tenant_id=ticket.tenant_id, subject_id=ticket.id, name="sla.clock_recomputed"
    ).order_by("n")
    moves = list(moved.values_list("at", "data")) if shown else []
    found = [_working(one, [m for m in moves if m[1].get("kind") == one.kind], now) for one in shown]
    return sorted(found, key=lambda one: (one.clock.is_ended, -one.clock.number))


def _working(
    shown: ShownClock, moves: list[tuple[datetime, dict[str, str | None]]], now: datetime
) -> Working:
    amount = shown.clock.amount
    ran = shown.clock.consumed
    return Working(
        shown,
        str(KINDS[shown.kind]),
        counter_of(shown),
        span_words(amount) if amount else "",
        span_words(ran if ran else timedelta(0)) or _("nothing yet"),
        [
            (at, _moment(data.get("old_due_at")), _moment(data.get("new_due_at")))
            for at, data in moves
            if at >= shown.clock.started_at
        ],
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
