"""Clocks follow what happens to their ticket: handlers that run now, in the acting person's transaction.

Opening costs three queries (read, insert, the ticket's next due moment), a reply at most three. They hold the
ticket's lock, since the action that caused the event does; clocks are locked too, against the watch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from mainstay.core.actor import Actor
from mainstay.core.events.actions import record_many
from mainstay.core.events.types import Fact
from mainstay.core.prepared import insert
from mainstay.support.sla import models as tables
from mainstay.support.sla.events import ClockRecomputed
from mainstay.support.sla.queries.ground import Ground, ground_of, locked_clocks
from mainstay.support.sla.queries.rows import MUTABLE, clock_of, row_of
from mainstay.support.sla.rules import (
    Change,
    Clock,
    Outcome,
    TicketClocks,
    TicketEvent,
    apply_event,
    event_of_message,
)
from mainstay.support.tickets.actions import set_next_due
from mainstay.support.tickets.events import (
    TicketEscalated,
    TicketOpened,
    TicketReplied,
    TicketSeverityChanged,
    TicketStatusChanged,
)
from mainstay.support.tickets.rules import Audience, Severity, Status


def start_clocks(actor: Actor, happening: TicketOpened, fact: Fact) -> None:
    """From when the operator got it, which for a mail out of triage is its arrival."""
    if happening.is_automatic or happening.audience != Audience.OPERATOR:
        return
    _open(_tenant(fact), happening.ticket_id)


def start_escalated(actor: Actor, happening: TicketEscalated, fact: Fact) -> None:
    """What was in the customer's own queue is the operator's from this moment."""
    _open(_tenant(fact), happening.ticket_id, from_=fact.at)


def answer_clocks(actor: Actor, happening: TicketReplied, fact: Fact) -> None:
    event = event_of_message(sender=happening.sender, is_public=True, is_automatic=happening.is_automatic)
    if event is TicketEvent.AUTO_REPLIED:
        return
    tenant_id, ticket_id = _tenant(fact), happening.ticket_id
    ground, rows = locked_clocks(tenant_id, ticket_id, message_id=happening.message_id)
    if ground is not None:
        _advance(actor, ground, rows, event, ground.written_at or fact.at, fact.at)
    elif event is TicketEvent.CUSTOMER_WROTE:
        # A machine's mail opened the ticket, and now a person wrote: this is what the promises run from.
        _open(tenant_id, ticket_id, message_id=happening.message_id)


def follow_status(actor: Actor, happening: TicketStatusChanged, fact: Fact) -> None:
    event = event_of_status(happening.old, happening.new)
    if event is not None:
        _on(actor, fact, happening.ticket_id, event)


def follow_severity(actor: Actor, happening: TicketSeverityChanged, fact: Fact) -> None:
    if happening.old == happening.new:
        return
    confirmed = happening.confirms_proposal and happening.new == Severity.P1
    event = TicketEvent.P1_CONFIRMED if confirmed else TicketEvent.TERMS_CHANGED
    _on(actor, fact, happening.ticket_id, event)


def event_of_status(old: str, new: str) -> TicketEvent | None:
    if new == Status.RESOLVED:
        return TicketEvent.RESOLVED
    if new == Status.CLOSED:
        return TicketEvent.CLOSED
    if new == Status.WAITING:
        return TicketEvent.WAITING_BEGAN
    if old == Status.RESOLVED:
        return TicketEvent.REOPENED
    return TicketEvent.WAITING_ENDED if old == Status.WAITING else None


def save_clocks(rows: Iterable[tables.Clock]) -> None:
    """New and changed ones in one statement."""
    tables.Clock.objects.bulk_create(
        list(rows), update_conflicts=True, unique_fields=["id"], update_fields=list(MUTABLE)
    )


def changed_rows(
    ground: Ground, rows: Sequence[tables.Clock], state: TicketClocks, outcome: Outcome
) -> list[tables.Clock]:
    """Ready to be saved."""
    by_number = {row.number: row for row in rows}
    return [_row(ground, clock, by_number.get(clock.number)) for clock in outcome.changed_since(state)]


def recomputed(ground: Ground, rows: Sequence[tables.Clock], change: Change, reason: str) -> ClockRecomputed:
    clock_id = next(row.id for row in rows if row.number == change.number)
    return ClockRecomputed(
        ticket_id=ground.ticket_id,
        clock_id=clock_id,
        kind=change.kind,
        reason=reason,
        old_due_at=change.old_due_at,
        new_due_at=change.new_due_at,
        old_minutes=change.old_amount.total_seconds() / 60 if change.old_amount else None,
        new_minutes=change.new_amount.total_seconds() / 60 if change.new_amount else None,
        old_calendar=change.old_calendar_key,
        new_calendar=change.new_calendar_key,
    )


def _on(actor: Actor, fact: Fact, ticket_id: UUID, event: TicketEvent) -> None:
    ground, rows = locked_clocks(_tenant(fact), ticket_id)
    if ground is not None:
        _advance(actor, ground, rows, event, fact.at, fact.at)


def _open(
    tenant_id: UUID, ticket_id: UUID, *, message_id: UUID | None = None, from_: datetime | None = None
) -> None:
    ground = ground_of(tenant_id, ticket_id, message_id=message_id)
    if ground is None or ground.audience != Audience.OPERATOR or (book := ground.book) is None:
        return
    outcome = apply_event(
        TicketClocks(),
        TicketEvent.OPENED,
        from_ or ground.written_at or ground.opened_at,
        terms=ground.terms(book),
        calendars=book.calendars,
    )
    insert([_row(ground, clock, None) for clock in outcome.after.clocks])
    _show_next_due(ground, outcome.after)


def _advance(
    actor: Actor,
    ground: Ground,
    rows: Sequence[tables.Clock],
    event: TicketEvent,
    at: datetime,
    recorded_at: datetime,
) -> None:
    book = ground.book
    if book is None:
        return
    state = TicketClocks(tuple(clock_of(row) for row in rows))
    outcome = apply_event(state, event, at, terms=ground.terms(book), calendars=book.calendars)
    if changed := changed_rows(ground, rows, state, outcome):
        save_clocks(changed)
        _show_next_due(ground, outcome.after)
    if outcome.changes:
        happenings = [recomputed(ground, rows, change, "severity") for change in outcome.changes]
        record_many(actor, [(ground.tenant_id, happening) for happening in happenings], at=recorded_at)


def _show_next_due(ground: Ground, clocks: TicketClocks) -> None:
    if clocks.next_due_at != ground.next_due_at:
        set_next_due(ground.ticket_id, ground.tenant_id, clocks.next_due_at)


def _row(ground: Ground, clock: Clock, before: tables.Clock | None) -> tables.Clock:
    return row_of(clock, tenant_id=ground.tenant_id, ticket_id=ground.ticket_id, before=before)


def _tenant(fact: Fact) -> UUID:
    if fact.tenant_id is None:
        raise ValueError(f"{fact.name} names no customer")
    return fact.tenant_id
