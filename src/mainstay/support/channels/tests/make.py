"""Mails for tests, and the intake with files kept in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from hashlib import sha256
from typing import Any
from uuid import UUID

from mainstay.core.house.current import house
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.models import Tenant, VerifiedDomain
from mainstay.support.channels.actions.intake import take_in_due
from mainstay.support.channels.actions.receive import keep_mail
from mainstay.support.channels.models import InboundMail
from mainstay.support.tickets.actions import NewFile
from mainstay.support.tickets.models import Message, Ticket

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FILES: dict[str, bytes] = {}


def raw_mail(
    sender: str = "Ana <ana@acme.example>",
    *,
    subject: str = "The pump report stays empty",
    body: str = "Since this morning.",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, house().mail_from, subject
    mail["Message-ID"] = more.pop("message_id", f"<{abs(hash((subject, body)))}@acme.example>")
    for name, value in (headers or {}).items():
        mail[name] = value
    mail.set_content(body)
    for filename, content in more.pop("files", {}).items():
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=filename)
    assert not more
    return mail.as_bytes()


def save_in_memory(tenant_id: UUID, filename: str, content: bytes) -> NewFile:
    digest = sha256(content).hexdigest()
    FILES[f"{tenant_id}/{digest}"] = content
    return NewFile(
        filename=filename,
        content_type="application/octet-stream",
        size=len(content),
        sha256=digest,
        storage_key=f"{tenant_id}/{digest}",
    )


def keep(raw: bytes, *, at: datetime = NOW, **more: Any) -> UUID:
    return keep_mail(raw, door="test", at=at, mailbox=house().mail_from, **more)


def receive(raw: bytes, *, at: datetime = NOW, **more: Any) -> InboundMail:
    """Keep it, take everything in that is due, and return what became of it."""
    mail_id = keep(raw, at=at, **more)
    take_in_due(save_in_memory, at)
    return inbound(mail_id)


def inbound(mail_id: UUID) -> InboundMail:
    with sweep("take_in_mail"):
        return InboundMail.objects.get(id=mail_id)


def tickets(**by: Any) -> list[Ticket]:
    with sweep("take_in_mail"):
        return list(Ticket.objects.filter(**by).select_related("requester").order_by("number"))


def messages(ticket: Ticket) -> list[Message]:
    with sweep("take_in_mail"):
        return list(
            Message.objects.filter(ticket_id=ticket.id).select_related("member").order_by("created_at", "id")
        )


def verify_domain(tenant: Tenant, domain: str) -> None:
    with sweep("demo"):
        VerifiedDomain.objects.create(tenant=tenant, domain=domain, verified_at=NOW)
