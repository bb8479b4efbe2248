"""One mail about a ticket to one person on it: in their language, threaded, with an address that answers it,
and in whose name it is sent. To people of a customer's own portal that is the customer, not the operator.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format

from mainstay.core.actor import PORTAL_ROLES, Role
from mainstay.core.compiled import Compiled, any_of
from mainstay.core.events.types import Fact, Visibility
from mainstay.core.house.current import house
from mainstay.core.storage.rules import ScanVerdict
from mainstay.core.text.html import sanitise_mail_html
from mainstay.core.text.markdown import render_markdown
from mainstay.people.messages.actions import Mail
from mainstay.people.messages.notices import Recipient as Told
from mainstay.people.messages.post import message_id, sent_as
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.branding import Branding, read_branding
from mainstay.people.tenants.models import Member
from mainstay.support.channels.mime.tokens import reply_address, staff_reply_address
from mainstay.support.channels.models import MailThread
from mainstay.support.channels.rules import MAILED_BYTES, MAILED_FILES
from mainstay.support.tickets.models import Attachment, Follower, Message, Ticket
from mainstay.support.tickets.rules import REPLY

_REFERENCES = 10


@dataclass(frozen=True, slots=True)
class Recipient:
    email: str
    name: str
    language: str
    zone: str
    person_id: UUID
    is_staff: bool
    can_sign_in: bool
    may_answer: bool
    """By replying to the mail; of staff, those who may answer customers."""
    sender: str = ""
    """In whose name the mail goes out; empty: the operator's."""
    branding: Branding | None = None
    """Of the customer, for the people of its own portal."""

    @property
    def told(self) -> Told:
        return Told(self.person_id, is_staff=self.is_staff)


@dataclass(slots=True)
class Batch:
    """What the mails of a batch need, in one query a kind."""

    tickets: dict[UUID, Ticket]
    threads: dict[UUID, list[str]]
    messages: dict[UUID, Message] = field(default_factory=dict)
    files: dict[UUID, list[Attachment]] = field(default_factory=dict)
    followers: dict[UUID, list[Follower]] = field(default_factory=dict)


def load(facts: Sequence[Fact]) -> Batch:
    ticket_ids = {f.subject_id for f in facts}
    tickets = Ticket.objects.filter(id__in=ticket_ids).select_related(
        "requester", "requester__tenant", "assignee", "handler", "handler__tenant"
    )
    return Batch({t.id: t for t in tickets}, threads_of(list(ticket_ids)))


def threads_of(ticket_ids: list[UUID]) -> dict[UUID, list[str]]:
    threads: dict[UUID, list[str]] = defaultdict(list)
    for ticket_id, header_id in _SEEN.rows(None, ticket_ids=ticket_ids):
        threads[ticket_id].append(header_id)
    return threads


def _seen(*, ticket_ids: list[UUID]) -> QuerySet[MailThread, Any]:
    found = MailThread.objects.filter(any_of("ticket_id", ticket_ids))
    return found.order_by("created_at").values_list("ticket_id", "header_id")


_SEEN: Final = Compiled(_seen)


def load_with_messages(facts: Sequence[Fact]) -> Batch:
    batch = load(facts)
    message_ids = {f.id("message_id") for f in facts}
    messages = Message.objects.filter(id__in=message_ids).select_related("member", "staff")
    files: dict[UUID, list[Attachment]] = defaultdict(list)
    for file in Attachment.objects.filter(message_id__in=message_ids):
        files[file.message_id].append(file)  # type: ignore[index]
    followers: dict[UUID, list[Follower]] = defaultdict(list)
    rows = Follower.objects.filter(ticket_id__in=batch.tickets.keys())
    for row in rows.select_related("member", "member__tenant", "staff"):
        followers[row.ticket_id].append(row)
    batch.messages, batch.files, batch.followers = {m.id: m for m in messages}, files, followers
    return batch


def letter(
    template: str, fact: Fact, ticket: Ticket, recipient: Recipient, batch: Batch, more: dict[str, Any]
) -> Mail:
    message = more.get("message")
    files, left_out = _files(batch.files[message.id]) if message else ((), ())
    link = _link(ticket, recipient)
    with translation.override(recipient.language), timezone.override(recipient.zone):
        is_reply = ticket.subject[:3].lower() == "re:"
        subject = f"{'' if is_reply else 'Re: '}{ticket.subject} [#{ticket.number}]"
        context = {
            "ticket": ticket,
            "recipient": recipient,
            "language": recipient.language,
            "subject": subject,
            "link": link,
            "left_out": ", ".join(left_out),
            "is_staff": recipient.is_staff,
            "signature": recipient.sender or house().operator_name,
            "branding": recipient.branding,
            "due_text": _moment(more.get("due_at")),
            **(_words(message, recipient) if message else {}),
            **more,
        }
        text = render_to_string(f"channels/mail/{template}.txt", context)
        html = render_to_string(f"channels/mail/{template}.html", context)
    return Mail(
        kind=f"ticket.{template}",
        email=recipient.email,
        name=recipient.name,
        person_id=recipient.person_id,
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        ticket_number=ticket.number,
        cause=fact.n,
        language=recipient.language,
        subject=subject,
        text=text.strip() + "\n",
        html=html,
        headers=_headers(ticket, recipient, batch.threads[ticket.id]),
        attachments=files,
        is_automatic=message is None,
        visibility=Visibility.TENANT if fact.visibility == Visibility.TENANT else Visibility.ALL,
    )


def _words(message: Message, recipient: Recipient) -> dict[str, Any]:
    if message.body_format == "markdown":
        html = render_markdown(message.body)
    elif message.body_html:
        html = sanitise_mail_html(message.body_html, {})
    else:
        html = render_markdown(message.body.replace("\n", "  \n"))
    return {"body": message.body, "body_html": html, "author": author_for(message, recipient)}


def author_for(message: Message, recipient: Recipient) -> str:
    if message.staff:
        return str(message.staff.public_name)
    if recipient.sender and message.member:  # by name at most, never by address
        return message.member.name or recipient.sender
    return str(message.member or house().operator_name)


def _headers(ticket: Ticket, recipient: Recipient, seen: list[str]) -> dict[str, str]:
    root = message_id("ticket", ticket.number, ticket.id)
    chain = [root, *(f"<{header_id}>" for header_id in seen[-_REFERENCES:])]
    secret, base = settings.SECRET_KEY, house().mail_from
    return {
        **({"From": sent_as(recipient.sender)} if recipient.sender else {}),
        "Reply-To": staff_reply_address(secret, base, ticket.id, recipient.person_id)
        if recipient.is_staff
        else reply_address(secret, base, ticket.id),
        "References": " ".join(chain),
        "In-Reply-To": chain[-1],
    }


def _files(files: Sequence[Attachment]) -> tuple[tuple[dict[str, str], ...], tuple[str, ...]]:
    """What travels with the mail, and the names of what does not: mail servers refuse what is too large, and
    nobody is sent what the scan found infected."""
    mailed: list[dict[str, str]] = []
    left_out: list[str] = []
    room = MAILED_BYTES
    for file in files:
        if file.scan == ScanVerdict.INFECTED or file.size > room or len(mailed) >= MAILED_FILES:
            left_out.append(file.filename)
            continue
        room -= file.size
        mailed.append(
            {"filename": file.filename, "content_type": file.content_type, "storage_key": file.storage_key}
        )
    return tuple(mailed), tuple(left_out[:MAILED_FILES])


def _link(ticket: Ticket, recipient: Recipient) -> str:
    if recipient.is_staff:
        return f"{settings.MAINSTAY_URL}/desk/tickets/{ticket.number}"
    return f"{settings.MAINSTAY_URL}/support/tickets/{ticket.number}" if recipient.can_sign_in else ""


def member_recipient(member: Member) -> Recipient:
    tenant = member.tenant
    branding = read_branding(tenant.branding) if member.role in PORTAL_ROLES else None
    return Recipient(
        email=member.email,
        name=member.name or member.email.partition("@")[0],
        language=member.language or tenant.language,
        zone=member.zone or tenant.zone,
        person_id=member.id,
        is_staff=False,
        can_sign_in=member.joined_at is not None,
        may_answer=True,
        sender=(branding.support_name or tenant.name) if branding else "",
        branding=branding,
    )


def staff_recipient(staff: Staff) -> Recipient:
    return Recipient(
        email=staff.email,
        name=staff.name,
        language=staff.language,
        zone=staff.zone,
        person_id=staff.id,
        is_staff=True,
        can_sign_in=True,
        may_answer=bool({Role(role) for role in staff.roles} & REPLY.roles),
    )


def _moment(at: datetime | None) -> str:
    """In the active language and zone, with the zone named."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{date_format(local, 'DATETIME_FORMAT')} ({local.tzname()})"


def latest(facts: Sequence[Fact]) -> datetime:
    moments: list[datetime] = [f.at for f in facts]
    return max(moments)
