"""Mails that answer a ticket's events: the confirmation, and every public message to the others on it.

Later handlers: called with a batch of one customer's events, inside a scope bound to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from mainstay.core.actor import PORTAL_ROLES, TENANT_MANAGERS
from mainstay.core.compiled import Compiled, any_of
from mainstay.core.events.types import Fact
from mainstay.people.messages.actions import queue_mail
from mainstay.people.messages.notices import News, notify_many, who_wants_mail
from mainstay.people.tenants.models import Member, Tenant
from mainstay.people.tenants.rules import MemberState
from mainstay.support.channels.actions.letters import (
    Batch,
    Recipient,
    author_for,
    latest,
    letter,
    load_with_messages,
    member_recipient,
    staff_recipient,
    threads_of,
)
from mainstay.support.sla.queries import first_response_dues
from mainstay.support.tickets.actions.tell import desk_link, portal_link
from mainstay.support.tickets.models import Follower, Message, Ticket
from mainstay.support.tickets.notices import ANSWERED, CUSTOMER_WROTE
from mainstay.support.tickets.rules import Audience, MessageVisibility, Sender

_PERSON: Final = ("id", "email", "name", "role", "language", "zone", "state", "joined_at")


def confirm_opened(facts: Sequence[Fact]) -> None:
    """To the requester: the number and what to expect, which of the customer's portal users nobody promised
    anything; never in answer to a machine."""
    wanted = [f for f in facts if not f.data.get("is_automatic")]
    ticket_ids = [f.subject_id for f in wanted]
    opened = {row[0]: _opened_ticket(*row) for row in _OPENED.rows(None, ticket_ids=ticket_ids)}
    batch = Batch(opened, threads_of(ticket_ids))
    tenant_ids = {ticket.tenant_id for ticket in opened.values()}
    dues = {k: v for one in tenant_ids for k, v in first_response_dues(one, ticket_ids).items()}
    mails = []
    for fact in wanted:
        ticket = batch.tickets.get(fact.subject_id)
        if ticket is None or ticket.requester.state == MemberState.SUSPENDED:
            continue
        recipient = member_recipient(ticket.requester)
        due_at = dues.get(ticket.id) if recipient.branding is None else None
        mails.append(letter("confirmation", fact, ticket, recipient, batch, {"due_at": due_at}))
    queue_mail(mails, at=latest(facts))


def _opened(*, ticket_ids: list[UUID]) -> QuerySet[Ticket, Any]:
    person = [f"requester__{name}" for name in _PERSON]
    found = Ticket.objects.filter(any_of("id", ticket_ids))
    return found.values_list(
        *("id", "tenant_id", "number", "subject", "tenant__language", "tenant__zone"),
        *("tenant__name", "tenant__branding", *person),
    )


def _opened_ticket(
    ticket_id: UUID,
    tenant_id: UUID,
    number: int,
    subject: str,
    language: str,
    zone: str,
    name: str,
    branding: str,
    *person: Any,
) -> Ticket:
    """Only what a confirmation says: most events are openings, and reading whole rows costs more than the mail.
    A compiled query reads JSON as the text it is."""
    tenant = Tenant(id=tenant_id, language=language, zone=zone, name=name, branding=json.loads(branding))
    requester = Member(tenant=tenant, **dict(zip(_PERSON, person, strict=True)))
    return Ticket(id=ticket_id, tenant=tenant, number=number, subject=subject, requester=requester)


def mail_replies(facts: Sequence[Fact]) -> None:
    """To everybody on the ticket but the writer. Automatic messages are passed on to nobody."""
    wanted = [f for f in facts if not f.data.get("is_automatic")]
    batch = load_with_messages(wanted)
    managers = managers_in_case(batch.tickets.values())
    passed: list[tuple[Fact, Ticket, Message, Recipient]] = []
    for fact in wanted:
        ticket = batch.tickets.get(fact.subject_id)
        message = batch.messages.get(fact.id("message_id"))
        if ticket is None or message is None or message.visibility != MessageVisibility.ALL:
            continue
        others = _others(ticket, message, batch.followers[ticket.id], managers)
        passed += [(fact, ticket, message, recipient) for recipient in others]
    by_mail = tell_of_messages(passed)
    queue_mail(
        [
            letter("message", fact, ticket, recipient, batch, {"message": message})
            for fact, ticket, message, recipient in passed
            if recipient.person_id in by_mail
        ],
        at=latest(facts),
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
            "author": author_for(message, recipient),
            "author_id": str(message.member_id or message.staff_id or ""),
        },
        tenant_id=ticket.tenant_id,
        link=link(ticket.number, message.id),
        cause=fact.n,
        at=fact.at,
    )


def _others(
    ticket: Ticket, message: Message, followers: Iterable[Follower], managers: Sequence[Member]
) -> list[Recipient]:
    """Requester, followers, and for a customer's words the assignee, or who of the customer works on it; each
    once, the writer not."""
    # Whoever became a portal user since sees the own tickets only.
    reading = [f.member for f in followers if f.member and f.member.role not in PORTAL_ROLES]
    members = [ticket.requester, *reading]
    if ticket.audience == Audience.TENANT and message.sender == Sender.CUSTOMER:
        members += [ticket.handler] if ticket.handler else managers
    staff = [f.staff for f in followers if f.staff]
    if message.sender == Sender.CUSTOMER and ticket.assignee:
        staff.append(ticket.assignee)
    found: dict[str, Recipient] = {}
    for member in members:
        if member.id != message.member_id and member.state != MemberState.SUSPENDED:
            found.setdefault(member.email, member_recipient(member))
    for person in staff:
        if person.id != message.staff_id and person.is_active:
            found.setdefault(person.email, staff_recipient(person))
    return list(found.values())


def managers_in_case(tickets: Iterable[Ticket]) -> list[Member]:
    """The customer's, where one of the tickets is in its own queue and nobody works on it; at most one query."""
    waiting = next((t for t in tickets if t.audience == Audience.TENANT and t.handler_id is None), None)
    return managers_of(waiting.tenant_id) if waiting else []


def managers_of(tenant_id: UUID) -> list[Member]:
    people = Member.objects.filter(
        tenant_id=tenant_id, role__in=sorted(TENANT_MANAGERS), state=MemberState.ACTIVE
    )
    return list(people.select_related("tenant").order_by("created_at", "id"))


_OPENED: Final = Compiled(_opened)
