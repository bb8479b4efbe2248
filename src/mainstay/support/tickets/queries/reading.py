"""One ticket's conversation."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from mainstay.core.actor import Actor
from mainstay.core.compiled import Compiled
from mainstay.core.errors import NotFound
from mainstay.core.pages import Beyond, Page, encode_cursor, read_cursor
from mainstay.support.tickets.models import Attachment, Message
from mainstay.support.tickets.queries.visible import readable


@dataclass(frozen=True, slots=True)
class FileRow:
    id: UUID
    message_id: UUID
    filename: str
    content_type: str
    size: int
    sha256: str
    is_inline: bool
    scan: str


@dataclass(slots=True)
class MessageRow:
    id: UUID
    sender: str
    visibility: str
    source: str
    body: str
    body_format: str
    is_automatic: bool
    marks: list[str]
    created_at: datetime
    edited_at: datetime | None
    member_id: UUID | None
    member_name: str | None
    member_email: str | None
    staff_id: UUID | None
    staff_name: str | None
    files: list[FileRow] = field(default_factory=list)


_JOINED: Final = {"member_name": "member__name", "member_email": "member__email"}


def page_of_messages(
    actor: Actor, tenant_id: UUID, ticket_id: UUID, *, cursor: str | None = None, limit: int = 100
) -> Page[MessageRow]:
    """Of a ticket the actor was already found to see: the oldest first, each with its files. Two queries."""
    if cursor:
        after = read_cursor(cursor, datetime, UUID)
        found = _conversation(limit, actor=actor, tenant_id=tenant_id, ticket_id=ticket_id, after=after)
        rows = [MessageRow(*row) for row in found]
    else:
        first = _FIRST_PAGE.rows(actor, limit, tenant_id=tenant_id, ticket_id=ticket_id)
        rows = [MessageRow(*row) for row in first]
    more, rows = len(rows) > limit, rows[:limit]
    files = _by_message(_FILES.rows(actor, tenant_id=tenant_id, ticket_id=ticket_id))
    for row in rows:
        row.files = files.get(row.id, [])
    last = rows[-1] if more else None
    return Page(rows, encode_cursor([last.created_at, last.id]) if last else None)


def message_row(actor: Actor, tenant_id: UUID, message_id: UUID) -> MessageRow:
    """One that the actor has just written."""
    rows = _ONE.rows(actor, tenant_id=tenant_id, message_id=message_id)
    if not rows:
        raise NotFound
    row = MessageRow(*rows[0])
    row.files = _by_message(_ITS_FILES.rows(actor, tenant_id=tenant_id, message_id=message_id)).get(
        row.id, []
    )
    return row


def _conversation(
    limit: int, *, actor: Actor, tenant_id: UUID, ticket_id: UUID, after: list[Any] | None = None
) -> QuerySet[Message, Any]:
    found = Message.objects.filter(readable(actor), tenant_id=tenant_id, ticket_id=ticket_id)
    if after:
        found = found.filter(Beyond(["created_at", "id"], after, descending=False))
    return found.order_by("created_at", "id").values_list(*_columns(actor))[: limit + 1]


def _one(*, actor: Actor, tenant_id: UUID, message_id: UUID) -> QuerySet[Message, Any]:
    found = Message.objects.filter(readable(actor), tenant_id=tenant_id, id=message_id)
    return found.values_list(*_columns(actor))


def _columns(actor: Actor) -> list[str]:
    staff_name = "staff__name" if actor.is_staff else "staff__public_name"
    return [
        staff_name if name == "staff_name" else _JOINED.get(name, name)
        for name in MessageRow.__slots__
        if name != "files"
    ]


def _files(*, actor: Actor, tenant_id: UUID, ticket_id: UUID) -> QuerySet[Attachment, Any]:
    found = Attachment.objects.filter(
        readable(actor), tenant_id=tenant_id, message__tenant_id=tenant_id, message__ticket_id=ticket_id
    )
    return found.order_by("created_at", "id").values_list(*FileRow.__slots__)


def _its_files(*, actor: Actor, tenant_id: UUID, message_id: UUID) -> QuerySet[Attachment, Any]:
    found = Attachment.objects.filter(readable(actor), tenant_id=tenant_id, message_id=message_id)
    return found.order_by("created_at", "id").values_list(*FileRow.__slots__)


def _by_message(rows: list[tuple[Any, ...]]) -> dict[UUID, list[FileRow]]:
    by_message: dict[UUID, list[FileRow]] = defaultdict(list)
    for row in rows:
        file = FileRow(*row)
        by_message[file.message_id].append(file)
    return by_message


_FIRST_PAGE: Final = Compiled(_conversation)
_ONE: Final = Compiled(_one)
_FILES: Final = Compiled(_files)
_ITS_FILES: Final = Compiled(_its_files)
