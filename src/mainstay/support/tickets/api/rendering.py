"""From rows to JSON."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from mainstay.core.actor import Actor
from mainstay.core.api.schemas import PageOut
from mainstay.people.tenants.schemas import TenantRef
from mainstay.support.tickets.models import Attachment
from mainstay.support.tickets.ports import TicketPromise, promises_of
from mainstay.support.tickets.queries import FileRow, MessageRow, TicketRow
from mainstay.support.tickets.rules import Sender, is_portal_user, sees_promises
from mainstay.support.tickets.schemas import (
    AttachmentOut,
    AuthorOut,
    MessageOut,
    RequesterOut,
    StaffOut,
    TicketOut,
    TicketPromiseOut,
)

_NESTED = ("tenant_id", "tenant_name", "tenant_slug", "requester_id", "requester_name", "requester_email",
           "assignee_id", "assignee_name", "handler_id", "handler_name", "handler_email")  # fmt: skip
_FLAT = tuple(name for name in TicketRow.__slots__ if name not in _NESTED)
_PROMISE = tuple(TicketPromise.__slots__)
TicketPage = PageOut[TicketOut]
MessagePage = PageOut[MessageOut]


def ticket_fields(actor: Actor, row: TicketRow, promises: Sequence[TicketPromise]) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(row, name) for name in _FLAT}
    fields["tenant"] = TenantRef(id=row.tenant_id, name=row.tenant_name, slug=row.tenant_slug)
    fields["requester"] = RequesterOut(
        id=row.requester_id, name=row.requester_name, email=row.requester_email
    )
    fields["assignee"] = (
        StaffOut(id=row.assignee_id, name=row.assignee_name or "") if row.assignee_id else None
    )
    fields["handler"] = (
        RequesterOut(id=row.handler_id, name=row.handler_name or "", email=row.handler_email or "")
        if row.handler_id and actor.is_tenant_side and not is_portal_user(actor)
        else None
    )
    if not sees_promises(actor):
        fields["next_due_at"] = None
    fields["sla"] = [
        TicketPromiseOut(**{name: getattr(promise, name) for name in _PROMISE}) for promise in promises
    ]
    return fields


def tickets_out(actor: Actor, rows: Sequence[TicketRow]) -> list[TicketOut]:
    promises = promises_of(actor, rows)
    return [TicketOut(**ticket_fields(actor, row, promises.get(row.id, ()))) for row in rows]  # type: ignore[arg-type]


def ticket_out(actor: Actor, row: TicketRow) -> TicketOut:
    return tickets_out(actor, [row])[0]


def message_out(row: MessageRow) -> MessageOut:
    if row.member_id:
        author = AuthorOut(kind="member", id=row.member_id, name=row.member_name or row.member_email or "")
    elif row.staff_id or row.sender == Sender.AGENT:  # a key of the operator's speaks for the team
        author = AuthorOut(kind="staff", id=row.staff_id, name=row.staff_name or "")
    else:
        author = AuthorOut(kind="system", id=None, name="")
    return MessageOut(
        id=row.id,
        sender=row.sender,  # type: ignore[arg-type]
        author=author,
        visibility=row.visibility,  # type: ignore[arg-type]
        source=row.source,  # type: ignore[arg-type]
        body=row.body,
        body_format=row.body_format,
        is_automatic=row.is_automatic,
        marks=row.marks,
        created_at=row.created_at,
        edited_at=row.edited_at,
        attachments=[attachment_out(file) for file in row.files],
    )


def attachment_out(file: FileRow | Attachment) -> AttachmentOut:
    return AttachmentOut(
        id=file.id,
        filename=file.filename,
        content_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
        is_inline=file.is_inline,
        scan=file.scan,  # type: ignore[arg-type]
        url=reverse("api-1:download_attachment", args=[file.id]),
    )
