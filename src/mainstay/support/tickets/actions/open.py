"""Opening a ticket."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import PORTAL_ROLES, TENANT_MANAGERS, Actor, ActorKind, Role
from mainstay.core.compiled import Compiled
from mainstay.core.errors import Forbidden, Invalid, NotFound
from mainstay.core.prepared import insert, prepared_cursor
from mainstay.core.text.headers import clean_line
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.rules import MemberState
from mainstay.support.tickets.actions.files import attach, brings_more
from mainstay.support.tickets.actions.follow import follow_as_managers
from mainstay.support.tickets.actions.recording import record_about
from mainstay.support.tickets.events import TicketOpened
from mainstay.support.tickets.models import Attachment, Message, Ticket
from mainstay.support.tickets.rules import (
    BODY_LIMIT,
    OPEN_TICKETS,
    SUBJECT_LIMIT,
    Audience,
    Sender,
    Severity,
    Source,
    priority_for,
    starting_audience,
    starting_severity,
)

_SAME_WITHIN = timedelta(minutes=10)
_REPEATABLE = frozenset({Source.API, Source.PORTAL, Source.IN_APP})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """What a door hands in. `requester_id` defaults to the acting member; `arrived_at` to the present."""

    subject: str
    body: str
    source: Source
    tenant_id: UUID
    requester_id: UUID | None = None
    severity: Severity | None = None
    category: str = ""
    module: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    custom: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    is_reproducible: bool | None = None
    attachment_ids: tuple[UUID, ...] = ()
    body_format: str = "markdown"
    body_html: str = ""
    marks: tuple[str, ...] = ()
    arrived_at: datetime | None = None
    follow_up_of_id: UUID | None = None
    is_platform_issue: bool = False
    """Of a portal user: the product itself is at fault, so the operator gets it at once."""
    audience: Audience | None = None
    """Where it is known beforehand, as for what goes on from another ticket."""
    is_automatic: bool = False
    is_from_archive: bool = False
    """It was dealt with elsewhere long ago: nobody is told of it, and no promise runs."""


@dataclass(frozen=True, slots=True)
class Requester:
    id: UUID
    tenant_id: UUID
    role: Role
    language: str


def open_ticket(actor: Actor, new: NewTicket, *, at: datetime) -> Ticket:
    """The ticket, or the one that the same form opened within the last ten minutes."""
    actor.require(OPEN_TICKETS)
    if actor.is_tenant_side and new.tenant_id != actor.tenant_id:
        raise NotFound
    if new.source is not Source.EMAIL:
        new = replace(new, subject=clean_line(new.subject, len(new.subject) + 1))
        _check(new)
    requester = _requester(actor, new)
    digest = sha256(f"{new.subject}\0{new.body}".encode()).hexdigest()
    if (
        new.source in _REPEATABLE
        and (same := _same_form(requester, digest, at))
        and not _brings_more_files(new, same)
    ):
        return same
    ticket = _insert_ticket(actor, new, requester, digest, at)
    message = Message(
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        sender=Sender.CUSTOMER,
        member_id=requester.id,
        source=new.source,
        body=new.body,
        body_format=new.body_format,
        body_html=new.body_html,
        is_automatic=new.is_automatic,
        marks=list(new.marks),
        created_at=ticket.opened_at,
    )
    insert([message])
    attach(actor, message, new.attachment_ids)
    if ticket.audience == Audience.OPERATOR and requester.role in PORTAL_ROLES:
        follow_as_managers(ticket.tenant_id, ticket.id, at=at)
    record_about(
        actor,
        ticket,
        TicketOpened(
            ticket_id=ticket.id,
            number=ticket.number,
            message_id=message.id,
            severity=ticket.severity,
            proposed_severity=ticket.proposed_severity,
            source=ticket.source,
            audience=ticket.audience,
            is_platform_issue=ticket.is_platform_issue,
            is_automatic=new.is_automatic or new.is_from_archive,
        ),
        at=at,
    )
    return ticket


def _insert_ticket(actor: Actor, new: NewTicket, requester: Requester, digest: str, at: datetime) -> Ticket:
    is_portal_user = requester.role in PORTAL_ROLES
    severity, proposed = starting_severity(new.severity, new.source, is_portal_user=is_portal_user)
    opened_at = new.arrived_at or at
    audience = new.audience or starting_audience(
        is_portal_user=is_portal_user, is_platform_issue=new.is_platform_issue, by_operator=actor.is_staff
    )
    ticket = Ticket(
        tenant_id=requester.tenant_id,
        requester_id=requester.id,
        subject=new.subject,
        severity=severity,
        proposed_severity=proposed,
        priority=priority_for(severity, new.category, is_reproducible=new.is_reproducible),
        category=new.category,
        module=new.module,
        source=new.source,
        audience=audience,
        is_platform_issue=is_portal_user and new.is_platform_issue,
        tags=list(new.tags),
        custom=new.custom,
        language=new.language or requester.language,
        context=new.context,
        is_reproducible=new.is_reproducible,
        follow_up_of_id=new.follow_up_of_id,
        body_hash=digest,
        opened_at=opened_at,
        last_message_at=opened_at,
        last_sender=Sender.CUSTOMER,
        message_count=1,
        updated_at=at,
    )
    insert([ticket], computed={"number": "nextval('ticket_number')"})
    return ticket


def _check(new: NewTicket) -> None:
    wrong: dict[str, list[Any]] = {}
    if not new.subject.strip():
        wrong["subject"] = [_("Say in a few words what this is about.")]
    elif len(new.subject) > SUBJECT_LIMIT:
        wrong["subject"] = [
            _("At most %(limit)d characters; this has %(count)d.") % _counts(new.subject, SUBJECT_LIMIT)
        ]
    if not new.body.strip():
        wrong["body"] = [_("Describe what happened.")]
    elif len(new.body) > BODY_LIMIT:
        wrong["body"] = [
            _("At most %(limit)d characters; this has %(count)d.") % _counts(new.body, BODY_LIMIT)
        ]
    if "\0" in new.subject + new.body:
        wrong.setdefault("body", []).append(_("Contains a character (NUL) that cannot be stored."))
    if wrong:
        raise Invalid(fields=wrong)


def _counts(text: str, limit: int) -> dict[str, int]:
    return {"limit": limit, "count": len(text)}


def _requester(actor: Actor, new: NewTicket) -> Requester:
    """The person the ticket is for. Members other than the customer's managers open only their own."""
    wanted = new.requester_id or actor.member_id
    if wanted is None:
        raise Invalid(fields={"requester": [_("Say who this ticket is for.")]})
    if (
        actor.kind is ActorKind.MEMBER
        and wanted != actor.member_id
        and actor.roles.isdisjoint(TENANT_MANAGERS)
    ):
        raise Forbidden(_("You can open tickets for yourself only."))
    rows = _REQUESTER.rows(None, member_id=wanted, tenant_id=new.tenant_id)
    if not rows:
        raise Invalid(fields={"requester": [_("There is no such person at this customer.")]})
    role, language, tenant_language = rows[0]
    return Requester(wanted, new.tenant_id, Role(role), language or tenant_language)


def _member(*, member_id: UUID, tenant_id: UUID) -> QuerySet[Member, Any]:
    found = Member.objects.filter(id=member_id, tenant_id=tenant_id).exclude(state=MemberState.SUSPENDED)
    return found.values_list("role", "language", "tenant__language")


def _same_form(requester: Requester, digest: str, at: datetime) -> Ticket | None:
    # Two copies of one form at the same moment: the second waits here until the first has committed.
    with prepared_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{requester.id}{digest}"])
    rows = _SAME.rows(
        None,
        tenant_id=requester.tenant_id,
        requester_id=requester.id,
        digest=digest,
        after=at - _SAME_WITHIN,
    )
    return Ticket.objects.get(tenant_id=requester.tenant_id, id=rows[0][0]) if rows else None


def _same(*, tenant_id: UUID, requester_id: UUID, digest: str, after: datetime) -> QuerySet[Ticket, Any]:
    found = Ticket.objects.filter(
        tenant_id=tenant_id, requester_id=requester_id, body_hash=digest, opened_at__gt=after
    )
    return found.order_by("-opened_at", "-number").values_list("id")[:1]


def _brings_more_files(new: NewTicket, same: Ticket) -> bool:
    """Sent again because the file was forgotten: that is no copy, or the file would be dropped in silence."""
    known = Attachment.objects.filter(
        tenant_id=same.tenant_id, message__tenant_id=same.tenant_id, message__ticket_id=same.id
    )
    return brings_more(same.tenant_id, new.attachment_ids, known)


_REQUESTER: Final = Compiled(_member)
_SAME: Final = Compiled(_same)
