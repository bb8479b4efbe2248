"""What a ticket's clocks say now: for lists, for one ticket, for "what happens next and by when"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from django.db.models import QuerySet

from mainstay.core.actor import Actor
from mainstay.core.compiled import Compiled, any_of
from mainstay.support.sla import models as tables
from mainstay.support.sla.queries.rows import SHOWN, ShownRow, clock_of
from mainstay.support.sla.rules import Clock, ClockKind, Counter, CounterState, counter
from mainstay.support.sla.rules.rights import SEE_SLA
from mainstay.support.tickets.ports import TicketPromise
from mainstay.support.tickets.queries import TicketRow

_ORDER = {kind: place for place, kind in enumerate(ClockKind)}


class SomeTicket(Protocol):
    """A ticket or a row of a list, found by what the actor may see."""

    @property
    def id(self) -> UUID: ...
    @property
    def tenant_id(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class ShownClock:
    """One promise of a ticket as it stands now; `counter` says its state and how long is left."""

    clock: Clock
    counter: Counter

    @property
    def kind(self) -> ClockKind:
        return self.clock.kind

    @property
    def state(self) -> CounterState:
        return self.counter.state

    @property
    def is_pressing(self) -> bool:
        """Somebody has to do something about it; goals are not promises."""
        return self.state in (CounterState.DUE, CounterState.BREACHED)


def clocks_of(
    actor: Actor, tickets: Sequence[SomeTicket], now: datetime
) -> dict[UUID, tuple[ShownClock, ...]]:
    """The latest clock of each kind, the most pressing first; best effort left out. One query a page.

    The tickets were found by what the actor may see. Portal users get nothing: these promises are the
    operator's to its customer.
    """
    shown: dict[UUID, list[ShownClock]] = {ticket.id: [] for ticket in tickets}
    if not tickets or not actor.may(SEE_SLA):
        return dict.fromkeys(shown, ())
    if len(tickets) == 1:
        found = _LATEST_OF_ONE.rows(None, tenant_id=tickets[0].tenant_id, ticket_id=tickets[0].id)
    else:
        tenants = list({ticket.tenant_id for ticket in tickets})
        found = _LATEST_OF_MANY.rows(None, tenant_ids=tenants, ticket_ids=[ticket.id for ticket in tickets])
    row: Any
    for row in map(ShownRow._make, found):
        one = clock_of(row)
        shown[row.ticket_id].append(ShownClock(one, counter(one, now)))
    return {ticket_id: in_order(clocks) for ticket_id, clocks in shown.items()}


def promises_of_rows(
    actor: Actor, rows: Sequence[TicketRow], now: datetime
) -> Mapping[UUID, Sequence[TicketPromise]]:
    """For the tickets' own JSON."""
    found = clocks_of(actor, rows, now)
    return {ticket_id: [_promise(shown) for shown in clocks] for ticket_id, clocks in found.items()}


def _promise(shown: ShownClock) -> TicketPromise:
    one = shown.clock
    return TicketPromise(
        kind=one.kind,
        state=shown.state,
        is_goal=one.is_goal,
        is_late=shown.counter.is_late,
        due_at=one.due_at,
        warn_at=one.warn_at,
        breached_at=one.breached_at,
        paused_at=one.paused_at,
        met_at=one.met_at,
    )


def all_clocks(actor: Actor, ticket: SomeTicket, now: datetime) -> tuple[ShownClock, ...]:
    """Every clock the ticket ever had, in order: the working, for who disputes a due time."""
    if not actor.may(SEE_SLA):
        return ()
    found = tables.Clock.objects.filter(tenant_id=ticket.tenant_id, ticket_id=ticket.id)
    clocks = map(clock_of, found.order_by("number"))
    return tuple(ShownClock(one, counter(one, now)) for one in clocks)


def in_order(clocks: Iterable[ShownClock]) -> tuple[ShownClock, ...]:
    said = [shown for shown in clocks if shown.state is not CounterState.NONE]
    return tuple(sorted(said, key=_urgency))


def first_response_dues(tenant_id: UUID, ticket_ids: list[UUID]) -> dict[UUID, datetime]:
    """When the first answer is promised, of those that still wait for it; for mails of the product itself."""
    return dict(_FIRST_DUES.rows(None, tenant_id=tenant_id, ticket_ids=ticket_ids))


def _first_dues(*, tenant_id: UUID, ticket_ids: list[UUID]) -> QuerySet[tables.Clock, Any]:
    found = tables.Clock.objects.filter(
        any_of("ticket_id", ticket_ids),
        tenant_id=tenant_id,
        kind=ClockKind.FIRST_RESPONSE,
        met_at__isnull=True,
        stopped_at__isnull=True,
        due_at__isnull=False,
    )
    return found.values_list("ticket_id", "due_at")


def latest_of_each(clocks: Iterable[ShownClock]) -> tuple[ShownClock, ...]:
    """Of clocks in order, the last of each kind."""
    return tuple({shown.kind: shown for shown in clocks}.values())


def next_promise(clocks: Sequence[ShownClock]) -> ShownClock | None:
    """What happens next and by when: the nearest moment still to be kept, a missed one before all."""
    return next((shown for shown in in_order(clocks) if shown.is_pressing), None)


def _urgency(shown: ShownClock) -> tuple[int, timedelta, int]:
    rank = {
        CounterState.BREACHED: 0,
        CounterState.DUE: 0,
        CounterState.PAUSED: 1,
        CounterState.GOAL: 2,
        CounterState.MET: 3,
        CounterState.NONE: 4,
    }[shown.state]
    return rank, shown.counter.delta or timedelta(0), _ORDER[shown.kind]


def _latest(clocks: QuerySet[tables.Clock]) -> QuerySet[tables.Clock, Any]:
    """Of each ticket and kind, as `ShownRow`."""
    latest = clocks.order_by("ticket_id", "kind", "-number").distinct("ticket_id", "kind")
    return latest.values_list(*SHOWN)


def _latest_of_one(*, tenant_id: UUID, ticket_id: UUID) -> QuerySet[tables.Clock, Any]:
    return _latest(tables.Clock.objects.filter(tenant_id=tenant_id, ticket_id=ticket_id))


def _latest_of_many(*, tenant_ids: list[UUID], ticket_ids: list[UUID]) -> QuerySet[tables.Clock, Any]:
    # Both, since the index leads with the tenant.
    found = tables.Clock.objects.filter(any_of("tenant_id", tenant_ids), any_of("ticket_id", ticket_ids))
    return _latest(found)


_LATEST_OF_ONE: Final = Compiled(_latest_of_one)
_LATEST_OF_MANY: Final = Compiled(_latest_of_many)
_FIRST_DUES: Final = Compiled(_first_dues)
