"""Status, severity, assignee, classification."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, Forbidden, Invalid
from mainstay.core.prepared import prepared_cursor
from mainstay.people.staff.models import Staff
from mainstay.support.tickets.actions.recording import record_about
from mainstay.support.tickets.events import (
    TicketAssigned,
    TicketClassified,
    TicketSeverityChanged,
    TicketStatusChanged,
)
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.queries import handles, visible_ticket
from mainstay.support.tickets.rules import (
    CHANGE_STATUS,
    TRIAGE,
    Severity,
    Status,
    allowed_transitions,
    priority_for,
)


def change_status(actor: Actor, ticket_id: UUID, status: Status, *, at: datetime, reason: str = "") -> Ticket:
    actor.require(CHANGE_STATUS)
    ticket = visible_ticket(actor, ticket_id, lock=True)
    old = Status(ticket.status)
    if status is old:
        return ticket
    if status not in allowed_transitions(old, is_handler=handles(actor, ticket)):
        raise Conflict(
            _("A ticket cannot go from %(old)s to %(new)s.") % {"old": old.value, "new": status.value},
            fields={"status": [_("not possible from the present status")]},
        )
    move_to(actor, ticket, status, at=at, reason=reason)
    return ticket


def move_to(actor: Actor, ticket: Ticket, status: Status, *, at: datetime, reason: str) -> None:
    """For actions that hold the lock and have checked that it may be: change, stamp, record."""
    old = Status(ticket.status)
    if status is old:
        return
    ticket.status, ticket.updated_at = status, at
    if status is Status.RESOLVED:
        ticket.resolved_at = at
    elif status is Status.CLOSED:
        ticket.closed_at = at
        ticket.resolved_at = ticket.resolved_at or at
    elif old is Status.RESOLVED:
        ticket.resolved_at = None
    ticket.save(update_fields=["status", "updated_at", "resolved_at", "closed_at"])
    record_about(
        actor,
        ticket,
        TicketStatusChanged(ticket_id=ticket.id, old=old, new=status, reason=reason),
        at=at,
    )


def change_severity(actor: Actor, ticket_id: UUID, severity: Severity, *, at: datetime) -> Ticket:
    """An agent's correction; an open proposal is settled by it, either way."""
    actor.require(TRIAGE)
    ticket = visible_ticket(actor, ticket_id, lock=True)
    old, proposed = ticket.severity, ticket.proposed_severity
    if old == severity and proposed is None:
        return ticket
    ticket.severity, ticket.proposed_severity, ticket.updated_at = severity, None, at
    ticket.priority = priority_for(severity, ticket.category, is_reproducible=ticket.is_reproducible)
    ticket.save(update_fields=["severity", "proposed_severity", "priority", "updated_at"])
    record_about(
        actor,
        ticket,
        TicketSeverityChanged(
            ticket_id=ticket.id, old=old, new=severity, confirms_proposal=proposed == severity
        ),
        at=at,
    )
    return ticket


def confirm_severity(actor: Actor, ticket_id: UUID, *, at: datetime) -> Ticket:
    """Take the proposed severity (a P1 that came by mail): its clocks start now."""
    ticket = visible_ticket(actor, ticket_id)
    if ticket.proposed_severity is None:
        raise Conflict(_("No severity is proposed for this ticket."))
    return change_severity(actor, ticket_id, Severity(ticket.proposed_severity), at=at)


def assign_ticket(actor: Actor, ticket_id: UUID, staff_id: UUID | None, *, at: datetime) -> Ticket:
    actor.require(TRIAGE)
    if actor.is_tenant_side:
        raise Forbidden
    ticket = visible_ticket(actor, ticket_id, lock=True)
    if ticket.assignee_id == staff_id:
        return ticket
    if staff_id is not None and not Staff.objects.filter(id=staff_id, is_active=True).exists():
        raise Invalid(fields={"assignee": [_("There is no such active staff member.")]})
    old, ticket.assignee_id, ticket.updated_at = ticket.assignee_id, staff_id, at
    ticket.save(update_fields=["assignee", "updated_at"])
    record_about(actor, ticket, TicketAssigned(ticket_id=ticket.id, old=old, new=staff_id), at=at)
    return ticket


def classify_ticket(
    actor: Actor,
    ticket_id: UUID,
    *,
    category: str,
    module: str,
    tags: tuple[str, ...],
    is_reproducible: bool | None,
    at: datetime,
) -> Ticket:
    actor.require(TRIAGE)
    ticket = visible_ticket(actor, ticket_id, lock=True)
    ticket.category, ticket.module, ticket.tags = category, module, sorted(set(tags))
    ticket.is_reproducible, ticket.updated_at = is_reproducible, at
    ticket.priority = priority_for(Severity(ticket.severity), category, is_reproducible=is_reproducible)
    ticket.save(update_fields=["category", "module", "tags", "is_reproducible", "priority", "updated_at"])
    record_about(
        actor,
        ticket,
        TicketClassified(ticket_id=ticket.id, category=category, priority=ticket.priority),
        at=at,
    )
    return ticket


def set_next_due(ticket_id: UUID, tenant_id: UUID, due_at: datetime | None) -> None:
    """The SLA room's column on the ticket: the nearest running promise."""
    with prepared_cursor() as cursor:
        cursor.execute(
            'UPDATE ticket SET "next_due_at" = %s WHERE tenant_id = %s AND id = %s',
            [due_at, tenant_id, ticket_id],
        )


def set_next_dues(dues: Mapping[UUID, datetime | None]) -> None:
    """Of many tickets, in one statement; the caller holds their locks."""
    if not dues:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ticket SET next_due_at = d.due_at "
            "FROM unnest(%s::uuid[], %s::timestamptz[]) AS d (id, due_at) WHERE ticket.id = d.id",
            [list(dues), list(dues.values())],
        )
