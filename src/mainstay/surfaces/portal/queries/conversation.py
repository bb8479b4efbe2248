"""One ticket as its customer reads it: public names only, no notes, nothing of the operator's side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.core.house.current import house
from mainstay.core.storage.rules import ScanVerdict, may_show_inline
from mainstay.support.tickets.models import Attachment, Message, Ticket
from mainstay.support.tickets.queries import (
    followers_of,
    visible_attachments,
    visible_messages,
    visible_tickets,
)
from mainstay.support.tickets.rules import MessageVisibility, Sender
from mainstay.support.tickets.words import Words, words_of
from mainstay.surfaces.portal.queries.listing import is_portal_user


@dataclass(frozen=True, slots=True)
class FileShown:
    id: UUID
    name: str
    size: int
    is_image: bool
    is_harmful: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One message."""

    id: UUID
    kind: str
    """customer, agent, system, note (of the customer's own people)"""
    author: str
    is_mine: bool
    at: datetime
    is_edited: bool
    source: str
    words: Words
    images: list[FileShown]
    files: list[FileShown]


def customers_ticket(actor: Actor, number: int) -> Ticket:
    """With requester, what it follows up, and `follow_up_number`, what follows it up. One query."""
    later = visible_tickets(actor).filter(follow_up_of_id=OuterRef("id")).order_by("-opened_at")
    ticket = (
        visible_tickets(actor)
        .filter(number=number)
        .select_related("requester", "handler")
        .annotate(
            follow_up_number=Subquery(later.values("number")[:1]),
            earlier_number=Subquery(
                visible_tickets(actor).filter(id=OuterRef("follow_up_of_id")).values("number")[:1]
            ),
        )
        .first()
    )
    if ticket is None:
        raise NotFound
    return ticket


def conversation(actor: Actor, ticket: Ticket, *, after: UUID | None = None) -> list[Entry]:
    """Two queries. `after`: only what was stored later than that message (ids are made in order of time)."""
    found = visible_messages(actor, ticket)
    if after is not None:
        found = found.filter(id__gt=after)
    written = list(found)
    if not written:
        return []
    files: dict[UUID | None, list[Attachment]] = defaultdict(list)
    for file in visible_attachments(actor, ticket).filter(message_id__in=[m.id for m in written]):
        files[file.message_id].append(file)
    return [_entry(actor, message, files[message.id]) for message in written]


def last_seen(entries: Sequence[Entry]) -> UUID | None:
    return max((entry.id for entry in entries), default=None)


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads along on the customer's side, beside who asked and the customer's administrators."""

    names: list[str]
    is_follower: bool


def readers(actor: Actor, ticket: Ticket) -> Readers:
    members = [row.member for row in followers_of(ticket).filter(member__isnull=False) if row.member]
    names = sorted((str(member) for member in members), key=str.casefold)
    return Readers(names, any(member.id == actor.member_id for member in members))


def _entry(actor: Actor, message: Message, attached: Sequence[Attachment]) -> Entry:
    inline = {
        file.content_id: f"/files/{file.id}"
        for file in attached
        if file.content_id and may_show_inline(file.content_type) and file.scan != ScanVerdict.INFECTED
    }
    words = words_of(message, images=inline, image_label=_("Image"))
    beside = [_file(file) for file in attached if file.content_id not in inline or not words.visible]
    return Entry(
        id=message.id,
        kind=_kind(message),
        author=_author(actor, message),
        is_mine=message.member_id is not None and message.member_id == actor.member_id,
        at=message.created_at,
        is_edited=message.edited_at is not None,
        source=message.source,
        words=words,
        images=[file for file in beside if file.is_image],
        files=[file for file in beside if not file.is_image],
    )


def _file(file: Attachment) -> FileShown:
    is_harmful = file.scan == ScanVerdict.INFECTED
    shows = may_show_inline(file.content_type) and not is_harmful
    return FileShown(file.id, file.filename, file.size, shows, is_harmful)


def _kind(message: Message) -> str:
    if message.visibility == MessageVisibility.TENANT:
        return "note"
    if message.sender == Sender.AGENT:
        return "agent"
    return "system" if message.sender == Sender.SYSTEM or message.is_automatic else "customer"


def _author(actor: Actor, message: Message) -> str:
    if message.member is not None:
        # A portal user knows the people of the customer by name at most, not by address.
        if is_portal_user(actor) and message.member_id != actor.member_id:
            return message.member.name or _("Your contact")
        return str(message.member)
    return message.staff.public_name if message.staff is not None else house().operator_name
