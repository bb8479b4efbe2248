"""What the actor may see of tickets: the two predicates, and single things through them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from mainstay.core.actor import PORTAL_ROLES, TENANT_MANAGERS, Actor, ActorKind
from mainstay.core.errors import NotFound
from mainstay.people.staff.queries import private_columns
from mainstay.support.tickets.models import Attachment, Escalation, Follower, Message, Ticket
from mainstay.support.tickets.rules import HANDLE, SEE_TICKETS, Audience, MessageVisibility


def visible_tickets(actor: Actor) -> QuerySet[Ticket]:
    """Which tickets the actor may know of.

    Staff: all that reached the operator. A customer's owner, administrators and keys: all of the customer's.
    Project managers and field users: their own, those shared with them, and what they work on in the
    customer's own queue. Portal users: their own.
    """
    tickets = Ticket.objects.all()
    if actor.is_system:
        return tickets.filter(tenant_id=actor.tenant_id) if actor.tenant_id else tickets
    if not actor.may(SEE_TICKETS):
        return tickets.none()
    if actor.is_staff:
        return tickets.filter(audience=Audience.OPERATOR)
    tickets = tickets.filter(tenant_id=actor.home)
    if actor.kind is ActorKind.TENANT_KEY or not actor.roles.isdisjoint(TENANT_MANAGERS):
        return tickets
    if actor.member_id is None:
        return tickets.none()
    own = Q(requester_id=actor.member_id)
    if not actor.roles.isdisjoint(PORTAL_ROLES):
        return tickets.filter(own)
    followed = Follower.objects.filter(
        tenant_id=actor.home, ticket_id=OuterRef("id"), member_id=actor.member_id
    )
    return tickets.filter(
        own | Q(handler_id=actor.member_id) | Q(is_shared_with_tenant=True) | Q(Exists(followed))
    )


def visible_ticket(actor: Actor, ticket_id: UUID, *, lock: bool = False) -> Ticket:
    """Raises NotFound also for tickets that exist but are not the actor's to see."""
    found = visible_tickets(actor).filter(id=ticket_id)
    if lock:
        found = found.select_for_update(of=("self",))
    ticket = found.first()
    if ticket is None:
        raise NotFound
    return ticket


def visible_ticket_by_number(actor: Actor, number: int) -> Ticket:
    ticket = visible_tickets(actor).filter(number=number).first()
    if ticket is None:
        raise NotFound
    return ticket


def handles(actor: Actor, ticket: Ticket) -> bool:
    """Whether the actor is on the answering side of a ticket that the actor was found to see: the operator's
    people, or, in the customer's own queue, the customer's managers, its keys, and whom it was given to."""
    if actor.is_system:
        return True
    if ticket.audience == Audience.OPERATOR:
        return actor.is_staff
    if actor.is_staff or not actor.may(HANDLE) or ticket.requester_id == actor.member_id:
        return False
    if actor.kind is ActorKind.TENANT_KEY or not actor.roles.isdisjoint(TENANT_MANAGERS):
        return True
    return ticket.handler_id is not None and ticket.handler_id == actor.member_id


def escalations_of(actor: Actor, ticket: Ticket) -> QuerySet[Escalation]:
    """How a ticket came to the operator; portal users are told in plain words only."""
    found = Escalation.objects.filter(tenant_id=ticket.tenant_id, ticket_id=ticket.id)
    if not actor.roles.isdisjoint(PORTAL_ROLES):
        return found.none()
    return found.select_related("member").order_by("created_at", "id")


def readable(actor: Actor) -> Q:
    if actor.is_system:
        return Q()
    hidden = MessageVisibility.TENANT if actor.is_staff else MessageVisibility.OPERATOR
    readable = ~Q(visibility=hidden)
    if not actor.roles.isdisjoint(PORTAL_ROLES):
        readable &= Q(visibility=MessageVisibility.ALL)
    return readable


def visible_messages(actor: Actor, ticket: Ticket) -> QuerySet[Message]:
    """Of a ticket the actor was already found to see, in order."""
    return (
        Message.objects.filter(readable(actor), tenant_id=ticket.tenant_id, ticket_id=ticket.id)
        .select_related("member", "staff")
        .defer(*private_columns("staff"))
        .order_by("created_at", "id")
    )


def visible_attachments(actor: Actor, ticket: Ticket) -> QuerySet[Attachment]:
    return Attachment.objects.filter(
        readable(actor), tenant_id=ticket.tenant_id, message__ticket_id=ticket.id
    ).order_by("created_at", "id")


def visible_attachment(actor: Actor, attachment_id: UUID) -> Attachment:
    """One file, through the ticket it hangs on."""
    found = Attachment.objects.filter(readable(actor), id=attachment_id, message__isnull=False)
    attachment = found.select_related("message").first()
    if attachment is None or attachment.message is None:
        raise NotFound
    visible_ticket(actor, attachment.message.ticket_id)
    return attachment


def unsent_files(actor: Actor, attachment_ids: Iterable[UUID]) -> list[Attachment]:
    """Of the named files those that the actor stored and has not sent with a message."""
    wanted = list(attachment_ids)
    if not wanted:
        return []
    found = Attachment.objects.filter(
        id__in=wanted,
        tenant_id=actor.home,
        message__isnull=True,
        uploaded_by_kind=actor.kind,
        uploaded_by=actor.person_id,
    )
    return list(found.order_by("created_at", "id"))


def followers_of(ticket: Ticket) -> QuerySet[Follower]:
    return (
        Follower.objects.filter(tenant_id=ticket.tenant_id, ticket_id=ticket.id)
        .select_related("member", "staff")
        .defer(*private_columns("staff"))
    )
