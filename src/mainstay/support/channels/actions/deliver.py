"""What a mail becomes once it is known whose it is: a ticket, a customer's message, or our answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstay.core.actor import Actor, Role
from mainstay.core.prepared import insert
from mainstay.core.text.headers import clean_line
from mainstay.core.text.plain import snippet
from mainstay.core.text.quotes import fold
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.rules import MemberState
from mainstay.support.channels.actions.plan import Plan
from mainstay.support.channels.mime.mail import Attachment as MailFile
from mainstay.support.channels.mime.mail import ParsedMail
from mainstay.support.channels.models import InboundMail, MailThread
from mainstay.support.channels.rules import ARCHIVE
from mainstay.support.tickets.actions import (
    NewFile,
    NewMessage,
    NewTicket,
    open_ticket,
    reply_to_ticket,
    store_file,
)
from mainstay.support.tickets.models import Message
from mainstay.support.tickets.rules import SUBJECT_LIMIT, Source


@dataclass(frozen=True, slots=True)
class Read:
    row: InboundMail
    raw: bytes
    mail: ParsedMail


def deliver(
    actor: Actor, read: Read, plan: Plan, files: Sequence[tuple[NewFile, MailFile]], now: datetime
) -> UUID:
    """Inside the scope of the customer, or of the staff member who answers; with the row locked. Returns the
    ticket's id."""
    assert plan.tenant_id is not None
    attachment_ids = tuple(
        store_file(actor, plan.tenant_id, _as_mailed(saved, file, plan), at=now).id for saved, file in files
    )
    if plan.staff_id and plan.ticket_id:
        message = _answer(actor, read, plan.ticket_id, attachment_ids, now)
    else:
        member_id = plan.member_id or become_contact(plan.tenant_id, read, now).id
        message = (
            _join(actor, read, plan, plan.ticket_id, member_id, attachment_ids, now)
            if plan.ticket_id
            else _open(
                actor, read, plan.tenant_id, member_id, attachment_ids, now, is_automatic=plan.is_automatic
            )
        )
    remember_thread(message, read.mail, now)
    return message.ticket_id


def _as_mailed(saved: NewFile, file: MailFile, plan: Plan) -> NewFile:
    return NewFile(
        filename=saved.filename,
        content_type=saved.content_type,
        size=saved.size,
        sha256=saved.sha256,
        storage_key=saved.storage_key,
        scan=saved.scan,
        content_id=clean_line(file.content_id or "", 255),
        is_inline=file.is_inline and plan.staff_id is None,  # an answer by mail is kept as plain text
    )


def become_contact(tenant_id: UUID, read: Read, now: datetime) -> Member:
    """The sender as somebody the customer's tickets can be for; found again where known."""
    name = clean_line(read.mail.from_.name if read.mail.from_ else "", 200)
    email = read.row.from_email.lower()
    member, _is_new = Member.objects.get_or_create(
        tenant_id=tenant_id,
        email=email,
        defaults={"name": name, "role": Role.CONTACT, "state": MemberState.ACTIVE, "created_at": now},
    )
    return member


def _answer(
    actor: Actor, read: Read, ticket_id: UUID, attachment_ids: tuple[UUID, ...], now: datetime
) -> Message:
    """In the staff member's own words alone: what the mail quotes below them is the notice, with its links."""
    return reply_to_ticket(
        actor,
        ticket_id,
        NewMessage(
            body=fold(read.mail.text).visible,
            body_format="mail",
            source=Source.EMAIL,
            attachment_ids=attachment_ids,
            marks=tuple(read.row.marks),
            arrived_at=read.row.received_at,
        ),
        at=now,
    )


def _join(
    actor: Actor,
    read: Read,
    plan: Plan,
    ticket_id: UUID,
    member_id: UUID,
    attachment_ids: tuple[UUID, ...],
    now: datetime,
) -> Message:
    return reply_to_ticket(
        actor,
        ticket_id,
        NewMessage(
            body=read.mail.text,
            body_format="mail",
            body_html=read.mail.html or "",
            source=Source.EMAIL,
            author_id=member_id,
            attachment_ids=attachment_ids,
            marks=tuple(read.row.marks),
            arrived_at=read.row.received_at,
            is_automatic=plan.is_automatic,
            is_from_archive=read.row.door == ARCHIVE,
        ),
        at=now,
    )


def _open(
    actor: Actor,
    read: Read,
    tenant_id: UUID,
    member_id: UUID,
    attachment_ids: tuple[UUID, ...],
    now: datetime,
    *,
    is_automatic: bool,
) -> Message:
    subject, marks = ticket_subject(read)
    ticket = open_ticket(
        actor,
        NewTicket(
            subject=subject,
            body=read.mail.text,
            body_format="mail",
            body_html=read.mail.html or "",
            source=Source.EMAIL,
            tenant_id=tenant_id,
            requester_id=member_id,
            attachment_ids=attachment_ids,
            marks=marks,
            arrived_at=read.row.received_at,
            is_automatic=is_automatic,
            is_from_archive=read.row.door == ARCHIVE,
        ),
        at=now,
    )
    return Message.objects.get(tenant_id=tenant_id, ticket_id=ticket.id)


def ticket_subject(read: Read) -> tuple[str, tuple[str, ...]]:
    """A mail is always accepted: what does not fit is cut, and marked. The raw mail has all of it."""
    subject = clean_line(read.mail.subject, 2000)
    marks = tuple(read.row.marks)
    if len(subject) > SUBJECT_LIMIT:
        return subject[: SUBJECT_LIMIT - 1] + "…", (*marks, "subject_shortened")
    if not subject:
        return snippet(read.mail.text, 80) or "–", (*marks, "subject_missing")
    return subject, marks


def remember_thread(message: Message, mail: ParsedMail, now: datetime) -> None:
    if mail.message_id:
        insert(
            [
                MailThread(
                    tenant_id=message.tenant_id,
                    ticket_id=message.ticket_id,
                    message_id=message.id,
                    header_id=mail.message_id[:998],
                    created_at=now,
                )
            ],
            skip_conflicts=True,
        )
