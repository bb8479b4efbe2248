"""One ticket with everything that its page shows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.queries import visible_members
from mainstay.support.channels.labels import MARKS, words_for
from mainstay.support.tickets.models import Attachment, Follower, Message, MessageEdit, Ticket
from mainstay.support.tickets.queries import (
    followers_of,
    visible_attachments,
    visible_messages,
    visible_tickets,
)
from mainstay.support.tickets.rules import ACTIVE, MessageVisibility, Sender
from mainstay.support.tickets.words import Words, words_of
from mainstay.surfaces.desk.queries.files import FileLink, file_link, inline_images

RECENT_COUNT = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of the conversation."""

    message: Message
    kind: str
    author: str
    words: Words
    files: list[FileLink]
    edits: list[MessageEdit]
    marks: list[str]
    is_mine: bool = False
    """Written by who looks at it, who may then change it."""

    @property
    def anchor(self) -> str:
        return f"m-{self.message.id}"


@dataclass(frozen=True, slots=True)
class Customer:
    csm: str
    people_count: int
    open_count: int
    recent: list[Ticket]


def desk_ticket(actor: Actor, number: int, *, lock: bool = False) -> Ticket:
    """With customer, plan, requester and assignee. Raises NotFound as `visible_ticket` does."""
    tickets = visible_tickets(actor).filter(number=number)
    if lock:
        tickets = tickets.select_for_update(of=("self",))
    ticket = tickets.select_related("tenant__plan", "requester", "assignee", "follow_up_of").first()
    if ticket is None:
        raise NotFound
    return ticket


def conversation(actor: Actor, ticket: Ticket) -> list[Entry]:
    # Staff may read their colleagues' own names, which the shared query leaves out for customers.
    written = list(visible_messages(actor, ticket).defer(None))
    attached: dict[UUID, list[Attachment]] = defaultdict(list)
    for attachment in visible_attachments(actor, ticket):
        if attachment.message_id is not None:
            attached[attachment.message_id].append(attachment)
    edits: dict[UUID, list[MessageEdit]] = defaultdict(list)
    edited = [m.id for m in written if m.edited_at is not None]
    if edited:
        found = MessageEdit.objects.filter(tenant_id=ticket.tenant_id, message_id__in=edited)
        for edit in found.exclude(visibility=MessageVisibility.TENANT.value).order_by("edited_at", "id"):
            edits[edit.message_id].append(edit)
    return [_entry(actor, m, attached[m.id], edits[m.id]) for m in written]


def _entry(actor: Actor, message: Message, attached: list[Attachment], edits: list[MessageEdit]) -> Entry:
    shown_inline = inline_images(attached)
    words = words_of(message, images=shown_inline, image_label=_("Image"))
    return Entry(
        message,
        _kind(message),
        author_of(message),
        words,
        [file_link(file) for file in attached if file.content_id not in shown_inline or not words.visible],
        edits,
        words_for(message.marks, MARKS),
        is_mine=message.staff_id is not None and message.staff_id == actor.staff_id,
    )


def _kind(message: Message) -> str:
    if message.visibility == MessageVisibility.OPERATOR:
        return "note"
    if message.is_automatic or message.sender == Sender.SYSTEM:
        return "system"
    # In its own queue the customer answers its portal users: for the operator that is the customer's side.
    return "agent" if message.sender == Sender.AGENT and message.member_id is None else "customer"


def author_of(message: Message) -> str:
    if message.member is not None:
        return str(message.member)
    return message.staff.name if message.staff is not None else "Mainstay"


def customer_facts(actor: Actor, ticket: Ticket) -> Customer:
    tenant = ticket.tenant
    csm = (
        Staff.objects.filter(id=tenant.csm_id).values_list("name", flat=True).first() if tenant.csm_id else ""
    )
    people = visible_members(actor).filter(tenant_id=tenant.id)[:1000].count()
    theirs = visible_tickets(actor).filter(tenant_id=tenant.id)
    active = theirs.filter(status__in=sorted(s.value for s in ACTIVE))[:1000].count()
    recent = list(theirs.exclude(id=ticket.id).order_by("-last_message_at", "-id")[:RECENT_COUNT])
    return Customer(csm or "", people, active, recent)


@dataclass(frozen=True, slots=True)
class Following:
    members: list[Member]
    staff: list[Staff]
    is_mine: bool


def following(actor: Actor, ticket: Ticket) -> Following:
    rows: list[Follower] = list(followers_of(ticket).defer(None))
    staff = [row.staff for row in rows if row.staff is not None]
    return Following(
        [row.member for row in rows if row.member is not None],
        staff,
        any(person.id == actor.staff_id for person in staff),
    )
