"""Status, severity, assignee, and with whom a ticket is shared."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import Invalid
from mainstay.people.tenants.api import member_id_of
from mainstay.support.tickets.actions import (
    assign_ticket,
    change_priority,
    change_severity,
    change_status,
    escalate_ticket,
    give_ticket,
    share_ticket,
    unshare_ticket,
)
from mainstay.support.tickets.api.rendering import ticket_out
from mainstay.support.tickets.api.routing import router
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.queries import followers_of, ticket_row, visible_ticket
from mainstay.support.tickets.rules import GIVE
from mainstay.support.tickets.schemas import (
    AssigneeIn,
    EscalateIn,
    HandlerIn,
    PriorityIn,
    RequesterOut,
    SeverityIn,
    ShareIn,
    SharesOut,
    StatusIn,
    TicketOut,
)


@router.put("/tickets/{ticket_id}/status")
def set_status(actor: Actor, ticket_id: UUID, payload: StatusIn) -> TicketOut:
    """The customer may resolve and reopen; the operator's side may make every step of the table."""
    change_status(actor, ticket_id, payload.status, at=clock.now())
    return ticket_out(actor, ticket_row(actor, ticket_id))


@router.put("/tickets/{ticket_id}/severity")
def set_severity(actor: Actor, ticket_id: UUID, payload: SeverityIn) -> TicketOut:
    """The operator's side. Settles a severity that was only proposed."""
    change_severity(actor, ticket_id, payload.severity, at=clock.now())
    return ticket_out(actor, ticket_row(actor, ticket_id))


@router.put("/tickets/{ticket_id}/assignee")
def set_assignee(actor: Actor, ticket_id: UUID, payload: AssigneeIn) -> TicketOut:
    """The operator's side."""
    assign_ticket(actor, ticket_id, payload.assignee_id, at=clock.now())
    return ticket_out(actor, ticket_row(actor, ticket_id))


@router.put("/tickets/{ticket_id}/handler")
def set_handler(actor: Actor, ticket_id: UUID, payload: HandlerIn) -> TicketOut:
    """In the customer's own queue: who of the customer's people works on it."""
    actor.require(GIVE)
    member_id = None
    if payload.handler is not None:
        tenant_id = visible_ticket(actor, ticket_id).tenant_id
        member_id = member_id_of(actor, tenant_id, payload.handler, field="handler")
    give_ticket(actor, ticket_id, member_id, at=clock.now())
    return ticket_out(actor, ticket_row(actor, ticket_id))


@router.put("/tickets/{ticket_id}/priority")
def set_priority(actor: Actor, ticket_id: UUID, payload: PriorityIn) -> TicketOut:
    """In the customer's own queue; the operator's follows from severity and category."""
    change_priority(actor, ticket_id, payload.priority, at=clock.now())
    return ticket_out(actor, ticket_row(actor, ticket_id))


@router.post("/tickets/{ticket_id}/escalate")
def escalate(actor: Actor, ticket_id: UUID, payload: EscalateIn) -> TicketOut:
    """Pass a ticket of the customer's own queue on to the operator, whose promises run from then on. Once more
    it changes nothing; a further note is kept."""
    escalate_ticket(actor, ticket_id, note=payload.note, severity=payload.severity, at=clock.now())
    return ticket_out(actor, ticket_row(actor, ticket_id))


@router.post("/tickets/{ticket_id}/shares")
def share(actor: Actor, ticket_id: UUID, payload: ShareIn) -> SharesOut:
    """Let somebody else at the customer see the ticket, or everybody there."""
    if payload.everybody == (payload.member is not None):
        raise Invalid(fields={"member": [_("Name a person, or say `everybody`, one of them.")]})
    member_id = None
    if payload.member is not None:
        tenant_id = visible_ticket(actor, ticket_id).tenant_id
        member_id = member_id_of(actor, tenant_id, payload.member, field="member")
    ticket = share_ticket(
        actor, ticket_id, member_id=member_id, with_everybody=payload.everybody, at=clock.now()
    )
    return _shares(ticket)


@router.delete("/tickets/{ticket_id}/shares")
def unshare(
    actor: Actor,
    ticket_id: UUID,
    member: Annotated[UUID | None, Query(description="Id of the person to take it away from.")] = None,
    everybody: Annotated[bool, Query()] = False,
) -> SharesOut:
    """Take it back from one person, or from everybody."""
    if everybody == (member is not None):
        raise Invalid(fields={"member": [_("Name a person, or say `everybody`, one of them.")]})
    ticket = unshare_ticket(actor, ticket_id, member_id=member, with_everybody=everybody, at=clock.now())
    return _shares(ticket)


def _shares(ticket: Ticket) -> SharesOut:
    members = [follower.member for follower in followers_of(ticket) if follower.member is not None]
    return SharesOut(
        everybody=ticket.is_shared_with_tenant,
        members=[RequesterOut(id=m.id, name=m.name, email=m.email) for m in members],
    )
