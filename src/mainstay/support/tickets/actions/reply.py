"""Messages: replies that everybody on the ticket reads, and notes that only the operator does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import PORTAL_ROLES, Actor, ActorKind, Role
from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound
from mainstay.core.events.types import Visibility
from mainstay.core.prepared import insert
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member
from mainstay.support.tickets.actions.change import move_to
from mainstay.support.tickets.actions.files import attach, brings_more
from mainstay.support.tickets.actions.open import NewTicket, open_ticket
from mainstay.support.tickets.actions.recording import record_about
from mainstay.support.tickets.events import TicketFollowedUp, TicketNoted, TicketReplied
from mainstay.support.tickets.models import Attachment, Message, MessageEdit, Ticket
from mainstay.support.tickets.queries import handles, visible_messages, visible_ticket
from mainstay.support.tickets.rules import (
    BODY_LIMIT,
    REPLY,
    WRITE_NOTES,
    WRITE_TENANT_NOTES,
    Audience,
    MessageVisibility,
    Sender,
    Source,
    Status,
    after_customer_message,
    mentioned_names,
)

_COPY_WITHIN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """`author_id` names the writing member where the actor is the product itself (a mail) or a key."""

    body: str
    source: Source
    author_id: UUID | None = None
    attachment_ids: tuple[UUID, ...] = ()
    body_format: str = "markdown"
    body_html: str = ""
    marks: tuple[str, ...] = ()
    arrived_at: datetime | None = None
    is_automatic: bool = False
    is_from_archive: bool = False
    """It was read elsewhere long ago: nobody is told of it, and it reopens nothing."""
    then_status: Status | None = None
    """For who works on the ticket: the status to move to with the reply."""
    may_be_a_copy: bool = False
    """Of a form, which an impatient finger sends twice: what the same person has just said is not said again."""

    @property
    def is_quiet(self) -> bool:
        return self.is_automatic or self.is_from_archive


def reply_to_ticket(actor: Actor, ticket_id: UUID, new: NewMessage, *, at: datetime) -> Message:
    """A public message. Of a customer it reopens the ticket, or opens a linked one where it is closed."""
    actor.require(REPLY)
    _check(new)
    ticket = visible_ticket(actor, ticket_id, lock=True)
    if actor.is_staff and new.author_id is None:
        message = _insert(actor, ticket, new, Sender.AGENT, None, at)
        if ticket.first_response_at is None and not new.is_quiet:
            ticket.first_response_at = at
        _touch(ticket, Sender.AGENT, at)
        _replied(actor, ticket, message, at, is_quiet=new.is_quiet)
        move_to(actor, ticket, new.then_status or _after_agent(ticket), at=at, reason="reply")
        return message
    author = _author(actor, ticket, new)
    if new.may_be_a_copy and (said := _said_just_now(ticket, author, new, at)):
        return said
    if _speaks_for_customer(ticket, author):
        return _answer_portal_user(actor, ticket, author, new, at)
    after = after_customer_message(Status(ticket.status))
    if after.starts_follow_up and not new.is_quiet:
        return _follow_up(actor, ticket, author, new, at)
    message = _insert(actor, ticket, new, Sender.CUSTOMER, author, at)
    _touch(ticket, Sender.CUSTOMER, _moment(ticket, new, at))
    _replied(actor, ticket, message, at, is_quiet=new.is_quiet)
    if not new.is_quiet:  # an out-of-office note reopens nothing
        move_to(actor, ticket, after.status, at=at, reason="customer_reply")
    return message


def _speaks_for_customer(ticket: Ticket, author: Member) -> bool:
    """In the customer's own queue the customer's people answer its portal users."""
    outside = PORTAL_ROLES | {Role.CONTACT}
    return (
        ticket.audience == Audience.TENANT and author.id != ticket.requester_id and author.role not in outside
    )


def _answer_portal_user(
    actor: Actor, ticket: Ticket, author: Member, new: NewMessage, at: datetime
) -> Message:
    message = _insert(actor, ticket, new, Sender.AGENT, author, at)
    _touch(ticket, Sender.AGENT, at)
    _replied(actor, ticket, message, at, is_quiet=new.is_quiet)
    if not new.is_quiet:
        chosen = new.then_status if handles(actor, ticket) else None
        move_to(actor, ticket, chosen or _after_agent(ticket), at=at, reason="reply")
    return message


def add_tenant_note(actor: Actor, ticket_id: UUID, new: NewMessage, *, at: datetime) -> Message:
    """For the customer's own people alone: neither its portal users nor the operator read it, ever."""
    actor.require(WRITE_TENANT_NOTES)
    if not actor.is_tenant_side:
        raise Forbidden
    _check(new)
    ticket = visible_ticket(actor, ticket_id, lock=True)
    wanted = actor.member_id or new.author_id
    author = _author(actor, ticket, new) if wanted else None
    message = _insert(actor, ticket, new, Sender.AGENT, author, at, MessageVisibility.TENANT)
    ticket.updated_at = at
    ticket.save(update_fields=["updated_at"])
    noted = TicketNoted(ticket_id=ticket.id, message_id=message.id)
    record_about(actor, ticket, noted, at=at, visibility=Visibility.TENANT)
    return message


def add_note(actor: Actor, ticket_id: UUID, new: NewMessage, *, at: datetime) -> Message:
    actor.require(WRITE_NOTES)
    if not (actor.is_staff or actor.is_system):
        raise Forbidden
    _check(new)
    ticket = visible_ticket(actor, ticket_id, lock=True)
    message = _insert(actor, ticket, new, Sender.AGENT, None, at, MessageVisibility.OPERATOR)
    ticket.updated_at = at
    ticket.save(update_fields=["updated_at"])
    noted = TicketNoted(ticket_id=ticket.id, message_id=message.id, mentioned=_mentioned(actor, new.body))
    record_about(actor, ticket, noted, at=at)
    return message


def _mentioned(actor: Actor, body: str) -> tuple[UUID, ...]:
    """Staff by `@public.name` or by what stands before the @ of their address; who writes is not told."""
    names = mentioned_names(body)
    if not names:
        return ()
    return tuple(
        person.id
        for person in Staff.objects.filter(is_active=True)
        if person.id != actor.staff_id and not names.isdisjoint(_names_of(person))
    )


def _names_of(person: Staff) -> set[str]:
    return {person.public_name.casefold().replace(" ", "."), person.email.partition("@")[0].casefold()}


def edit_message(actor: Actor, ticket_id: UUID, message_id: UUID, body: str, *, at: datetime) -> Message:
    """Own messages only; what it said before is kept."""
    actor.require(WRITE_NOTES if actor.is_staff else REPLY)
    ticket = visible_ticket(actor, ticket_id, lock=True)
    message = visible_messages(actor, ticket).filter(id=message_id).first()
    if message is None:
        raise NotFound
    # A key is neither; without an id of its own it would be the writer of whatever has no writer on its side.
    me, writer = (
        (actor.staff_id, message.staff_id) if actor.is_staff else (actor.member_id, message.member_id)
    )
    if me is None or me != writer:
        raise Forbidden(_("Only the writer can change a message."))
    if message.source == Source.EMAIL and message.sender == Sender.CUSTOMER:
        raise Conflict(_("A mail stays as it came."))
    _check(NewMessage(body=body, source=Source(message.source)))
    MessageEdit.objects.create(
        tenant_id=message.tenant_id,
        message=message,
        visibility=message.visibility,
        body=message.body,
        edited_by_kind=actor.kind,
        edited_by=actor.person_id,
        edited_at=at,
    )
    message.body, message.edited_at = body, at
    message.save(update_fields=["body", "edited_at"])
    return message


def _insert(
    actor: Actor,
    ticket: Ticket,
    new: NewMessage,
    sender: Sender,
    author: Member | None,
    at: datetime,
    visibility: MessageVisibility = MessageVisibility.ALL,
) -> Message:
    message = Message(
        tenant_id=ticket.tenant_id,
        ticket=ticket,
        sender=sender,
        member=author,
        staff_id=actor.staff_id,
        visibility=visibility,
        source=new.source,
        body=new.body,
        body_format=new.body_format,
        body_html=new.body_html,
        is_automatic=new.is_automatic,
        marks=list(new.marks),
        created_at=new.arrived_at or at,
    )
    insert([message])
    attach(actor, message, new.attachment_ids)
    return message


def _touch(ticket: Ticket, sender: Sender, at: datetime) -> None:
    ticket.last_message_at = ticket.updated_at = at
    ticket.last_sender = sender
    ticket.message_count = F("message_count") + 1
    ticket.save(
        update_fields=["last_message_at", "updated_at", "last_sender", "message_count", "first_response_at"]
    )


def _moment(ticket: Ticket, new: NewMessage, at: datetime) -> datetime:
    """When the ticket was last spoken in: an old letter makes it no younger."""
    return max(ticket.last_message_at, new.arrived_at or at) if new.is_from_archive else at


def _replied(actor: Actor, ticket: Ticket, message: Message, at: datetime, *, is_quiet: bool) -> None:
    record_about(
        actor,
        ticket,
        TicketReplied(
            ticket_id=ticket.id,
            message_id=message.id,
            sender=message.sender,
            source=message.source,
            is_automatic=is_quiet,
        ),
        at=at,
    )


def _after_agent(ticket: Ticket) -> Status:
    """A first answer takes the ticket into work; what is beyond that stays the agent's choice."""
    return Status.IN_PROGRESS if ticket.status == Status.OPEN else Status(ticket.status)


def _author(actor: Actor, ticket: Ticket, new: NewMessage) -> Member:
    wanted = actor.member_id or new.author_id
    if actor.kind is ActorKind.TENANT_KEY:
        wanted = wanted or ticket.requester_id
    author = Member.objects.filter(id=wanted, tenant_id=ticket.tenant_id).first() if wanted else None
    if author is None:
        raise Invalid(fields={"author": [_("There is no such person at this customer.")]})
    return author


def _said_just_now(ticket: Ticket, author: Member, new: NewMessage, at: datetime) -> Message | None:
    """The ticket's last word, if it is this one. Its row is locked, so of two copies one finds the other's."""
    words = Message.objects.filter(
        tenant_id=ticket.tenant_id, ticket_id=ticket.id, visibility=MessageVisibility.ALL
    )
    last = words.order_by("-created_at", "-id").first()
    if last is None or at - last.created_at > _COPY_WITHIN:
        return None
    if (last.member_id, last.source, last.body) != (author.id, new.source, new.body):
        return None
    known = Attachment.objects.filter(tenant_id=ticket.tenant_id, message=last)
    return None if brings_more(ticket.tenant_id, new.attachment_ids, known) else last


def _follow_up(actor: Actor, closed: Ticket, author: Member, new: NewMessage, at: datetime) -> Message:
    ticket = open_ticket(
        actor,
        NewTicket(
            subject=closed.subject,
            body=new.body,
            source=new.source,
            tenant_id=closed.tenant_id,
            requester_id=author.id,
            language=closed.language,
            attachment_ids=new.attachment_ids,
            body_format=new.body_format,
            body_html=new.body_html,
            marks=new.marks,
            arrived_at=new.arrived_at,
            follow_up_of_id=closed.id,
            audience=Audience(closed.audience),
            is_platform_issue=closed.is_platform_issue,
        ),
        at=at,
    )
    followed = TicketFollowedUp(ticket_id=closed.id, new_ticket_id=ticket.id)
    record_about(actor, closed, followed, at=at)
    # A form that was sent twice finds the follow-up that it opened before, with all that was said there since.
    return Message.objects.filter(tenant_id=ticket.tenant_id, ticket_id=ticket.id).earliest(
        "created_at", "id"
    )


def _check(new: NewMessage) -> None:
    if new.source is Source.EMAIL:
        return
    wrong: list[Any] = []
    if not new.body.strip() and not new.attachment_ids:
        wrong.append(_("Write a message."))
    if len(new.body) > BODY_LIMIT:
        wrong.append(
            _("At most %(limit)d characters; this has %(count)d.")
            % {"limit": BODY_LIMIT, "count": len(new.body)}
        )
    if "\0" in new.body:
        wrong.append(_("Contains a character (NUL) that cannot be stored."))
    if wrong:
        raise Invalid(fields={"body": wrong})
