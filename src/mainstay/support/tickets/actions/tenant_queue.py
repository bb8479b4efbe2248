"""The customer's own queue: who works on a ticket there, how urgent it is, and passing it on to the operator."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import PORTAL_ROLES, Actor, Role
from mainstay.core.errors import Conflict, Forbidden, Invalid
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.rules import MemberState
from mainstay.support.tickets.actions.follow import follow_as_managers
from mainstay.support.tickets.actions.recording import record_about
from mainstay.support.tickets.events import TicketEscalated, TicketGiven, TicketPriorityChanged
from mainstay.support.tickets.models import Escalation, Ticket
from mainstay.support.tickets.queries import handles, visible_ticket
from mainstay.support.tickets.rules import (
    ESCALATE,
    ESCALATION_NOTE_LIMIT,
    GIVE,
    HANDLE,
    Audience,
    Priority,
    Sender,
    Severity,
    Status,
    priority_for,
)


def give_ticket(actor: Actor, ticket_id: UUID, member_id: UUID | None, *, at: datetime) -> Ticket:
    """To one of the customer's own people, who then sees it and works on it; None: to nobody."""
    actor.require(GIVE)
    ticket = _own_ticket(actor, ticket_id)
    if ticket.handler_id == member_id:
        return ticket
    if member_id is not None and not _can_handle(ticket, member_id):
        raise Invalid(fields={"handler": [_("Only your own people who have joined can work on it.")]})
    old, ticket.handler_id, ticket.updated_at = ticket.handler_id, member_id, at
    ticket.save(update_fields=["handler", "updated_at"])
    record_about(actor, ticket, TicketGiven(ticket_id=ticket.id, old=old, new=member_id), at=at)
    return ticket


def _can_handle(ticket: Ticket, member_id: UUID) -> bool:
    people = Member.objects.filter(tenant_id=ticket.tenant_id, state=MemberState.ACTIVE)
    people = people.exclude(role__in=[*PORTAL_ROLES, Role.CONTACT]).exclude(id=ticket.requester_id)
    return people.filter(id=member_id).exists()


def change_priority(actor: Actor, ticket_id: UUID, priority: Priority, *, at: datetime) -> Ticket:
    actor.require(HANDLE)
    ticket = _own_ticket(actor, ticket_id)
    if not handles(actor, ticket):
        raise Forbidden
    if ticket.priority == priority:
        return ticket
    old, ticket.priority, ticket.updated_at = ticket.priority, priority, at
    ticket.save(update_fields=["priority", "updated_at"])
    record_about(actor, ticket, TicketPriorityChanged(ticket_id=ticket.id, old=old, new=priority), at=at)
    return ticket


def escalate_ticket(
    actor: Actor, ticket_id: UUID, *, note: str = "", severity: Severity | None = None, at: datetime
) -> Ticket:
    """The operator has it from here on, and its promises run; the customer's managers and whoever worked on it
    read along. Of two at once the second finds it done, and only its note, if it says more, is kept."""
    actor.require(ESCALATE)
    note = note.strip()
    if len(note) > ESCALATION_NOTE_LIMIT:
        counts = {"limit": ESCALATION_NOTE_LIMIT, "count": len(note)}
        raise Invalid(fields={"note": [_("At most %(limit)d characters; this has %(count)d.") % counts]})
    if "\0" in note:
        raise Invalid(fields={"note": [_("Contains a character (NUL) that cannot be stored.")]})
    ticket = visible_ticket(actor, ticket_id, lock=True)
    if ticket.audience == Audience.OPERATOR:
        if ticket.escalated_at is None:
            raise Conflict(_("The operator has this ticket already."))
        _keep_note(actor, ticket, note, at)
        return ticket
    if ticket.status == Status.CLOSED:
        raise Conflict(_("A closed ticket cannot be passed on; who asked can write again."))
    old_status = ticket.status
    _hand_over(ticket, severity, at)
    escalation = Escalation.objects.create(
        tenant_id=ticket.tenant_id, ticket=ticket, member_id=actor.member_id, note=note, created_at=at
    )
    besides = [ticket.handler_id] if ticket.handler_id else []
    follow_as_managers(ticket.tenant_id, ticket.id, besides=besides, at=at)
    happening = TicketEscalated(
        ticket_id=ticket.id,
        escalation_id=escalation.id,
        old_status=old_status,
        severity=ticket.severity,
        proposed_severity=ticket.proposed_severity,
    )
    record_about(actor, ticket, happening, at=at)
    return ticket


def _hand_over(ticket: Ticket, severity: Severity | None, at: datetime) -> None:
    """Whatever was said in the customer's queue, the operator owes the next word, by its own order of work."""
    if severity is not None:
        ticket.severity, ticket.proposed_severity = severity, None
    ticket.audience, ticket.escalated_at = Audience.OPERATOR, at
    ticket.status, ticket.resolved_at = Status.OPEN, None
    ticket.last_sender, ticket.updated_at = Sender.CUSTOMER, at
    ticket.priority = priority_for(
        Severity(ticket.severity), ticket.category, is_reproducible=ticket.is_reproducible
    )
    ticket.save(
        update_fields=[
            *("severity", "proposed_severity", "priority", "audience", "escalated_at"),
            *("status", "resolved_at", "last_sender", "updated_at"),
        ]
    )


def _keep_note(actor: Actor, ticket: Ticket, note: str, at: datetime) -> None:
    known = Escalation.objects.filter(tenant_id=ticket.tenant_id, ticket_id=ticket.id)
    if note and not known.filter(note=note).exists():
        Escalation.objects.create(
            tenant_id=ticket.tenant_id, ticket=ticket, member_id=actor.member_id, note=note, created_at=at
        )


def _own_ticket(actor: Actor, ticket_id: UUID) -> Ticket:
    ticket = visible_ticket(actor, ticket_id, lock=True)
    if ticket.audience != Audience.TENANT:
        raise Conflict(_("The operator works on this ticket."))
    return ticket
