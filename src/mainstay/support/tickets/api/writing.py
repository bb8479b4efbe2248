"""New tickets, new messages."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mainstay.core import clock
from mainstay.core.actor import Actor, ActorKind
from mainstay.core.errors import Invalid
from mainstay.people.tenants.api import member_id_of, tenant_id_of
from mainstay.support.tickets.actions import (
    NewMessage,
    NewTicket,
    add_note,
    add_tenant_note,
    open_ticket,
    reply_to_ticket,
)
from mainstay.support.tickets.api.rendering import message_out, ticket_out
from mainstay.support.tickets.api.routing import router
from mainstay.support.tickets.queries import handles, message_row, ticket_row, visible_ticket
from mainstay.support.tickets.rules import OPEN_TICKETS, MessageVisibility, Source
from mainstay.support.tickets.schemas import MessagePosted, NewMessageIn, NewTicketIn, TicketOut


@router.post("/tickets", response={201: TicketOut})
def create_ticket(actor: Actor, payload: NewTicketIn) -> TicketOut:
    """Open a ticket. The same requester, subject and body within ten minutes is the same ticket."""
    actor.require(OPEN_TICKETS)
    tenant_id = _tenant(actor, payload.tenant)
    wanted, requester_id = payload.requester, None
    if wanted is not None:
        # By id the action itself finds out whether it is one of the customer's.
        requester_id = wanted.id or member_id_of(actor, tenant_id, wanted, field="requester")
    ticket = open_ticket(
        actor,
        NewTicket(
            subject=payload.subject,
            body=payload.body,
            source=_source(actor),
            tenant_id=tenant_id,
            requester_id=requester_id,
            severity=payload.severity,
            category=payload.category,
            module=payload.module,
            language=payload.language,
            tags=tuple(payload.tags),
            custom=payload.custom,
            context=payload.context,
            is_reproducible=payload.is_reproducible,
            is_platform_issue=payload.is_platform_issue,
            attachment_ids=tuple(payload.attachments),
        ),
        at=clock.now(),
    )
    return ticket_out(actor, ticket_row(actor, ticket.id))


@router.post("/tickets/{ticket_id}/messages", response={201: MessagePosted})
def post_message(actor: Actor, ticket_id: UUID, payload: NewMessageIn) -> MessagePosted:
    """A public message, or an internal note of either side. The word of who asked reopens a ticket that waits
    or is resolved, and opens a linked one where it is closed."""
    author_id = None
    if payload.author is not None:
        ticket = visible_ticket(actor, ticket_id)
        author_id = member_id_of(actor, ticket.tenant_id, payload.author, field="author")
    new = NewMessage(
        body=payload.body,
        source=_source(actor),
        author_id=author_id,
        attachment_ids=tuple(payload.attachments),
        then_status=payload.then_status,
    )
    if payload.then_status is not None and not handles(actor, visible_ticket(actor, ticket_id)):
        raise Invalid(fields={"then_status": [_("For who works on the ticket only.")]})
    message = _WRITE[payload.visibility](actor, ticket_id, new, at=clock.now())
    return MessagePosted(
        message=message_out(message_row(actor, message.tenant_id, message.id)),
        ticket=ticket_out(actor, ticket_row(actor, message.ticket_id)),
    )


_WRITE: Final = {
    MessageVisibility.ALL: reply_to_ticket,
    MessageVisibility.TENANT: add_tenant_note,
    MessageVisibility.OPERATOR: add_note,
}


def _tenant(actor: Actor, wanted: str | None) -> UUID:
    if wanted is not None:
        return tenant_id_of(actor, wanted)
    if actor.tenant_id is None:
        raise Invalid(fields={"tenant": [_("Say which customer this is for.")]})
    return actor.tenant_id


def _source(actor: Actor) -> Source:
    """A key is a program; somebody who is signed in works in a page."""
    return Source.API if actor.kind in (ActorKind.TENANT_KEY, ActorKind.OPERATOR_KEY) else Source.PORTAL
