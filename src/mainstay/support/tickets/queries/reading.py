"""One ticket's conversation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from mainstay.core.actor import Actor
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
    found = Message.objects.filter(readable(actor), tenant_id=tenant_id, ticket_id=ticket_id)
    if cursor:
        after = read_cursor(cursor, datetime, UUID)
        found = found.filter(Beyond(["created_at", "id"], after, descending=False))
    rows = _rows(actor, found.order_by("created_at", "id")[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    _add_files(actor, tenant_id, rows)
    last = rows[-1] if more else None
    return Page(rows, encode_cursor([last.created_at, last.id]) if last else None)


def message_row(actor: Actor, tenant_id: UUID, message_id: UUID) -> MessageRow:
    """One that the actor has just written."""
    rows = _rows(actor, Message.objects.filter(readable(actor), tenant_id=tenant_id, id=message_id))
    if not rows:
        raise NotFound
    _add_files(actor, tenant_id, rows)
    return rows[0]


def _rows(actor: Actor, found: QuerySet[Message]) -> list[MessageRow]:
    staff_name = "staff__name" if actor.is_staff else "staff__public_name"
    columns = [
        staff_name if name == "staff_name" else _JOINED.get(name, name)
        for name in MessageRow.__slots__
        if name != "files"
    ]
    return [MessageRow(*row) for row in found.values_list(*columns)]


def _add_files(actor: Actor, tenant_id: UUID, rows: list[MessageRow]) -> None:
    files = _files_of(actor, tenant_id, [row.id for row in rows])
    for row in rows:
        row.files = files.get(row.id, [])


def _files_of(actor: Actor, tenant_id: UUID, message_ids: Iterable[UUID]) -> dict[UUID, list[FileRow]]:
    found = Attachment.objects.filter(readable(actor), tenant_id=tenant_id, message_id__in=list(message_ids))
    by_message: dict[UUID, list[FileRow]] = defaultdict(list)
    for row in found.order_by("created_at", "id").values_list(*FileRow.__slots__):
        file = FileRow(*row)
        by_message[file.message_id].append(file)
    return by_message
