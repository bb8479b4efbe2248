"""Lists and single tickets."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query

from mainstay.core.actor import Actor
from mainstay.core.api.schemas import Cursor, LimitQuery
from mainstay.core.errors import Invalid
from mainstay.people.tenants.api import tenant_id_of
from mainstay.people.tenants.rules import clean_email
from mainstay.support.tickets.api.rendering import (
    MessagePage,
    TicketPage,
    message_out,
    ticket_fields,
    tickets_out,
)
from mainstay.support.tickets.api.routing import router
from mainstay.support.tickets.ports import promises_of
from mainstay.support.tickets.queries import (
    Sort,
    TicketFilter,
    page_of_messages,
    page_of_tickets,
    ticket_row,
)
from mainstay.support.tickets.rules import Audience, sees_promises
from mainstay.support.tickets.schemas import TicketListQuery, TicketWithMessages

_MESSAGES_WITH_TICKET = 100


@router.get("/tickets")
def list_tickets(actor: Actor, wanted: Annotated[TicketListQuery, Query()]) -> TicketPage:
    """The tickets that the caller may see."""
    email = wanted.requester_email
    if wanted.sort is Sort.DUE and not sees_promises(actor):
        raise Invalid(fields={"sort": [_("Promises are made to the customer; choose another order.")]})
    assignee_id, unassigned = _person(wanted.assignee, "assignee", actor.staff_id)
    handler_id, unhandled = _person(wanted.handler, "handler", actor.member_id)
    chosen = TicketFilter(
        status=tuple(wanted.status),
        severity=tuple(wanted.severity),
        source=tuple(wanted.source),
        category=wanted.category,
        assignee_id=assignee_id,
        unassigned=unassigned,
        tenant_id=tenant_id_of(actor, wanted.tenant) if wanted.tenant is not None else None,
        requester_id=wanted.requester,
        requester_email=clean_email(email) if email is not None else None,
        number=wanted.number,
        audience=Audience.TENANT if wanted.handler is not None else wanted.audience,
        handler_id=handler_id,
        unhandled=unhandled,
    )
    page = page_of_tickets(actor, chosen, sort=wanted.sort, cursor=wanted.cursor, limit=wanted.limit)
    return TicketPage(items=tickets_out(actor, page.rows), next_cursor=page.next_cursor)


@router.get("/tickets/{ticket_id}")
def read_ticket(actor: Actor, ticket_id: UUID) -> TicketWithMessages:
    """One ticket with its first hundred messages."""
    row = ticket_row(actor, ticket_id)
    page = page_of_messages(actor, row.tenant_id, row.id, limit=_MESSAGES_WITH_TICKET)
    return TicketWithMessages(
        **ticket_fields(actor, row, promises_of(actor, [row]).get(row.id, ())),  # type: ignore[arg-type]
        messages=[message_out(message) for message in page.rows],
        messages_cursor=page.next_cursor,
    )


@router.get("/tickets/{ticket_id}/messages")
def list_messages(
    actor: Actor,
    ticket_id: UUID,
    limit: LimitQuery = 50,
    cursor: Annotated[Cursor | None, Query()] = None,
) -> MessagePage:
    """A ticket's messages, the oldest first."""
    row = ticket_row(actor, ticket_id)
    page = page_of_messages(actor, row.tenant_id, row.id, cursor=cursor, limit=limit)
    return MessagePage(items=[message_out(message) for message in page.rows], next_cursor=page.next_cursor)


def _person(wanted: str | None, field: str, me: UUID | None) -> tuple[UUID | None, bool]:
    if wanted is None:
        return None, False
    if wanted == "none":
        return None, True
    if wanted == "me" and me:
        return me, False
    try:
        return UUID(wanted), False
    except ValueError:
        raise Invalid(fields={field: [_("Must be an id (a UUID), `me`, or `none`.")]}) from None
