"""Mails that answer a ticket's events: the confirmation, and every public message to the others on it.

Later handlers: called with a batch of one customer's events, inside a scope bound to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
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
from mainstay.core.events.types import Fact
from mainstay.core.house.current import house
from mainstay.core.storage.rules import ScanVerdict
from mainstay.core.text.html import sanitise_mail_html
from mainstay.core.text.markdown import render_markdown
from mainstay.people.messages.actions import Mail, queue_mail
from mainstay.people.messages.notices import News, notify_many, who_wants_mail
from mainstay.people.messages.notices import Recipient as Told
from mainstay.people.messages.post import message_id
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member, Tenant
from mainstay.people.tenants.rules import MemberState
from mainstay.support.channels.mime.tokens import reply_address, staff_reply_address
from mainstay.support.channels.models import MailThread
from mainstay.support.channels.rules import MAILED_BYTES, MAILED_FILES
from mainstay.support.sla.queries import first_response_dues
from mainstay.support.tickets.actions.tell import desk_link, portal_link
from mainstay.support.tickets.models import Attachment, Follower, Message, Ticket
from mainstay.support.tickets.notices import ANSWERED, CUSTOMER_WROTE
from mainstay.support.tickets.rules import REPLY, Audience, MessageVisibility, Sender

_REFERENCES = 10
_PERSON: Final = ("id", "email", "name", "language", "zone", "state", "joined_at")


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

    @property
    def told(self) -> Told:
        return Told(self.person_id, is_staff=self.is_staff)


@dataclass(slots=True)
class _Batch:
    """What the mails of a batch need, in one query a kind."""

    tickets: dict[UUID, Ticket]
    threads: dict[UUID, list[str]]
    messages: dict[UUID, Message] = field(default_factory=dict)
    files: dict[UUID, list[Attachment]] = field(default_factory=dict)
    followers: dict[UUID, list[Follower]] = field(default_factory=dict)


def confirm_opened(facts: Sequence[Fact]) -> None:
    """To the requester: the number and what to expect; never in answer to a machine."""
    wanted = [f for f in facts if not f.data.get("is_automatic") and f.data["audience"] == Audience.OPERATOR]
    ticket_ids = [f.subject_id for f in wanted]
    opened = {row[0]: _opened_ticket(*row) for row in _OPENED.rows(None, ticket_ids=ticket_ids)}
    batch = _Batch(opened, _threads(ticket_ids))
    tenant_ids = {ticket.tenant_id for ticket in opened.values()}
    dues = {k: v for one in tenant_ids for k, v in first_response_dues(one, ticket_ids).items()}
    mails = []
    for fact in wanted:
        ticket = batch.tickets.get(fact.subject_id)
        if ticket is None or ticket.requester.state == MemberState.SUSPENDED:
            continue
        recipient = _member(ticket.requester)
        mails.append(_mail("confirmation", fact, ticket, recipient, batch, {"due_at": dues.get(ticket.id)}))
    queue_mail(mails, at=_latest(facts))


def _opened(*, ticket_ids: list[UUID]) -> QuerySet[Ticket, Any]:
    person = [f"requester__{name}" for name in _PERSON]
    found = Ticket.objects.filter(any_of("id", ticket_ids))
    return found.values_list(
        "id", "tenant_id", "number", "subject", "tenant__language", "tenant__zone", *person
    )


def _opened_ticket(
    ticket_id: UUID, tenant_id: UUID, number: int, subject: str, language: str, zone: str, *person: Any
) -> Ticket:
    """Only what a confirmation says: most events are openings, and reading whole rows costs more than the mail."""
    tenant = Tenant(id=tenant_id, language=language, zone=zone)
    requester = Member(tenant=tenant, **dict(zip(_PERSON, person, strict=True)))
    return Ticket(id=ticket_id, tenant=tenant, number=number, subject=subject, requester=requester)


def mail_replies(facts: Sequence[Fact]) -> None:
    """To everybody on the ticket but the writer. Automatic messages are passed on to nobody."""
    wanted = [f for f in facts if not f.data.get("is_automatic")]
    batch = _load_with_messages(wanted)
    passed: list[tuple[Fact, Ticket, Message, Recipient]] = []
    for fact in wanted:
        ticket = batch.tickets.get(fact.subject_id)
        message = batch.messages.get(fact.id("message_id"))
        if ticket is None or message is None or message.visibility != MessageVisibility.ALL:
            continue
        others = _others(ticket, message, batch.followers[ticket.id])
        passed += [(fact, ticket, message, recipient) for recipient in others]
    by_mail = tell_of_messages(passed)
    queue_mail(
        [
            _mail("message", fact, ticket, recipient, batch, {"message": message})
            for fact, ticket, message, recipient in passed
            if recipient.person_id in by_mail
        ],
        at=_latest(facts),
    )


def tell_of_messages(passed: Sequence[tuple[Fact, Ticket, Message, Recipient]]) -> frozenset[UUID]:
    """Into the inboxes of those who have one. Returns who wants the message itself by mail, too; whoever never
    signs in has nothing but mail."""
    inboxes = [one for one in passed if one[3].can_sign_in]
    notify_many(_news(fact, ticket, message, recipient) for fact, ticket, message, recipient in inboxes)
    chosen: set[UUID] = {recipient.person_id for *_, recipient in passed if not recipient.can_sign_in}
    for kind, is_staff in ((CUSTOMER_WROTE, True), (ANSWERED, False)):
        asked = [one[3].told for one in inboxes if one[3].is_staff is is_staff]
        chosen |= who_wants_mail(kind.key, asked) if asked else frozenset()
    return frozenset(chosen)


def _news(fact: Fact, ticket: Ticket, message: Message, recipient: Recipient) -> News:
    link = desk_link if recipient.is_staff else portal_link
    return News(
        people=[recipient.told],
        kind=(CUSTOMER_WROTE if recipient.is_staff else ANSWERED).key,
        subject=("ticket", ticket.id),
        params={
            "number": str(ticket.number),
            "subject": ticket.subject,
            "author": _author(message),
            "author_id": str(message.member_id or message.staff_id or ""),
        },
        tenant_id=ticket.tenant_id,
        link=link(ticket.number, message.id),
        cause=fact.n,
        at=fact.at,
    )


def _load(facts: Sequence[Fact]) -> _Batch:
    ticket_ids = {f.subject_id for f in facts}
    tickets = Ticket.objects.filter(id__in=ticket_ids).select_related(
        "requester", "requester__tenant", "assignee"
    )
    return _Batch({t.id: t for t in tickets}, _threads(list(ticket_ids)))


def _threads(ticket_ids: list[UUID]) -> dict[UUID, list[str]]:
    threads: dict[UUID, list[str]] = defaultdict(list)
    for ticket_id, header_id in _SEEN.rows(None, ticket_ids=ticket_ids):
        threads[ticket_id].append(header_id)
    return threads


def _seen(*, ticket_ids: list[UUID]) -> QuerySet[MailThread, Any]:
    found = MailThread.objects.filter(any_of("ticket_id", ticket_ids))
    return found.order_by("created_at").values_list("ticket_id", "header_id")


_OPENED: Final = Compiled(_opened)
_SEEN: Final = Compiled(_seen)


def _load_with_messages(facts: Sequence[Fact]) -> _Batch:
    batch = _load(facts)
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


def _others(ticket: Ticket, message: Message, followers: Iterable[Follower]) -> list[Recipient]:
    """Requester, followers, and for a customer's words the assignee; each once, the writer not."""
    # Whoever became a portal user since sees the own tickets only.
    reading = [f.member for f in followers if f.member and f.member.role not in PORTAL_ROLES]
    members = [ticket.requester, *reading]
    staff = [f.staff for f in followers if f.staff]
    if message.sender == Sender.CUSTOMER and ticket.assignee:
        staff.append(ticket.assignee)
    found: dict[str, Recipient] = {}
    for member in members:
        if member.id != message.member_id and member.state != MemberState.SUSPENDED:
            found.setdefault(member.email, _member(member))
    for person in staff:
        if person.id != message.staff_id and person.is_active:
            found.setdefault(person.email, _staff(person))
    return list(found.values())


def _mail(
    template: str, fact: Fact, ticket: Ticket, recipient: Recipient, batch: _Batch, more: dict[str, Any]
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
            "signature": house().operator_name,
            "due_text": _moment(more.get("due_at")),
            **(_words(message) if message else {}),
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
    )


def _words(message: Message) -> dict[str, Any]:
    if message.body_format == "markdown":
        html = render_markdown(message.body)
    elif message.body_html:
        html = sanitise_mail_html(message.body_html, {})
    else:
        html = render_markdown(message.body.replace("\n", "  \n"))
    return {"body": message.body, "body_html": html, "author": _author(message)}


def _author(message: Message) -> str:
    if message.staff:
        return str(message.staff.public_name)
    return str(message.member or house().operator_name)


def _headers(ticket: Ticket, recipient: Recipient, seen: list[str]) -> dict[str, str]:
    root = message_id("ticket", ticket.number, ticket.id)
    chain = [root, *(f"<{header_id}>" for header_id in seen[-_REFERENCES:])]
    secret, base = settings.SECRET_KEY, house().mail_from
    return {
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


def _member(member: Member) -> Recipient:
    tenant = member.tenant
    return Recipient(
        email=member.email,
        name=member.name or member.email.partition("@")[0],
        language=member.language or tenant.language,
        zone=member.zone or tenant.zone,
        person_id=member.id,
        is_staff=False,
        can_sign_in=member.joined_at is not None,
        may_answer=True,
    )


def _staff(staff: Staff) -> Recipient:
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


def _latest(facts: Sequence[Fact]) -> datetime:
    moments: list[datetime] = [f.at for f in facts]
    return max(moments)
