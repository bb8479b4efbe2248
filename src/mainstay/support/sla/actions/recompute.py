"""After a change of plan, hours, holidays or matrix: the open clocks, in batches.

A batch is one short transaction that takes the tickets' locks in the order of their ids, as many as an answer
can wait for; opening tickets waits for nothing. What is done is remembered by position, doing it twice changes
nothing, and each moved due time is an event with old and new.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from mainstay.core.actor import Actor
from mainstay.core.events.actions import record_many
from mainstay.core.events.types import Happening
from mainstay.support.sla import models as tables
from mainstay.support.sla.actions.clocks import changed_rows, recomputed, save_clocks
from mainstay.support.sla.queries.ground import ground_in, with_ground
from mainstay.support.sla.queries.rows import clock_of
from mainstay.support.sla.rules import TicketClocks, TicketEvent, apply_event
from mainstay.support.sla.rules.rights import MANAGE_SLA
from mainstay.support.tickets.actions import set_next_dues
from mainstay.support.tickets.models import Ticket

BATCH = 100
# Longer than any door's transaction may last: after that nobody computes with the old promises any more.
SECOND_PASS_AFTER = timedelta(seconds=30)
_OPEN = Q(met_at__isnull=True, stopped_at__isnull=True)
Position = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Batch:
    seen_count: int
    changed_count: int
    last: Position | None
    """Tenant and ticket to go on after; None when all are done."""


def recompute_open_clocks(
    actor: Actor,
    *,
    at: datetime,
    reason: str,
    tenant_id: UUID | None = None,
    after: Position | None = None,
    limit: int = BATCH,
) -> Batch:
    """One batch of tickets with open clocks; without a tenant, in a sweep, of all."""
    actor.require(MANAGE_SLA)
    positions = _next_tickets(tenant_id, after, limit)
    tickets = [ticket_id for _, ticket_id in positions]
    list(Ticket.objects.filter(id__in=tickets).order_by("id").select_for_update().values_list("id"))
    by_ticket: dict[UUID, list[tables.Clock]] = defaultdict(list)
    tenants = {tenant for tenant, _ in positions}
    clocks = with_ground(tables.Clock.objects.filter(tenant_id__in=tenants, ticket_id__in=tickets))
    for row in clocks.select_for_update(of=("self",)).order_by("ticket_id", "number"):
        by_ticket[row.ticket_id].append(row)
    changed, dues, said = _recomputed(by_ticket, at, reason)
    save_clocks(changed)
    set_next_dues(dues)
    record_many(actor, said, at=at)
    return Batch(len(by_ticket), len(said), positions[-1] if len(positions) == limit else None)


def _recomputed(
    by_ticket: dict[UUID, list[tables.Clock]], at: datetime, reason: str
) -> tuple[list[tables.Clock], dict[UUID, datetime | None], list[tuple[UUID | None, Happening]]]:
    changed: list[tables.Clock] = []
    dues: dict[UUID, datetime | None] = {}
    said: list[tuple[UUID | None, Happening]] = []
    for ticket_id, rows in by_ticket.items():
        ground = ground_in(rows[0])
        book = ground.book
        if book is None:
            continue
        state = TicketClocks(tuple(clock_of(row) for row in rows))
        outcome = apply_event(
            state, TicketEvent.TERMS_CHANGED, at, terms=ground.terms(book), calendars=book.calendars
        )
        changed += changed_rows(ground, rows, state, outcome)
        if outcome.after.next_due_at != ground.next_due_at:
            dues[ticket_id] = outcome.after.next_due_at
        said += [(ground.tenant_id, recomputed(ground, rows, change, reason)) for change in outcome.changes]
    return changed, dues, said


def _next_tickets(tenant_id: UUID | None, after: Position | None, limit: int) -> list[Position]:
    open_clocks = tables.Clock.objects.filter(_OPEN)
    if tenant_id is not None:
        open_clocks = open_clocks.filter(tenant_id=tenant_id)
    if after is not None:
        last_tenant, last_ticket = after
        # Both comparisons, so that the index is entered at the position.
        open_clocks = open_clocks.filter(tenant_id__gte=last_tenant).filter(
            Q(tenant_id__gt=last_tenant) | Q(ticket_id__gt=last_ticket)
        )
    found = open_clocks.order_by("tenant_id", "ticket_id").values_list("tenant_id", "ticket_id").distinct()
    return list(found[:limit])


def take_recomputation(actor: Actor, now: datetime) -> bool:
    """In a sweep: the next batch of the oldest piece of work that may go on. False: there is none."""
    work = (
        tables.Recomputation.objects.filter(next_at__lte=now)
        .order_by("next_at", "id")
        .select_for_update(skip_locked=True)
        .first()
    )
    if work is None:
        return False
    after = (
        (work.after_tenant_id, work.after_ticket_id)
        if work.after_tenant_id is not None and work.after_ticket_id is not None
        else None
    )
    batch = recompute_open_clocks(actor, at=now, reason=work.reason, tenant_id=work.tenant_id, after=after)
    work.seen_count += batch.seen_count if work.passes == 0 else 0
    work.changed_count += batch.changed_count
    work.after_tenant_id, work.after_ticket_id = batch.last or (None, None)
    if batch.last is None:
        _end_pass(work, now)
    work.save()
    return True


def _end_pass(work: tables.Recomputation, now: datetime) -> None:
    work.passes += 1
    if work.passes == 1:
        work.next_at = max(work.requested_at + SECOND_PASS_AFTER, now)
    else:
        work.next_at, work.finished_at = None, now
