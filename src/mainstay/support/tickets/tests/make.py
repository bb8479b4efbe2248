"""Tickets for tests, made by the actions themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from mainstay.core.actor import Actor, system_actor
from mainstay.core.wall.scope import current_actor, scope
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import BEGINNING, Person, actor_of
from mainstay.support.tickets.actions import NewMessage, NewTicket, add_note, open_ticket, reply_to_ticket
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.rules import Source

OPENED_AT = BEGINNING + timedelta(hours=2)


def make_ticket(requester: Member, subject: str = "", *, at: datetime = OPENED_AT, **more: Any) -> Ticket:
    """Opened by the requester in a scope of its own, or by whoever's scope the caller stands in.

    Two calls with the same words make two tickets: they are numbered.
    """
    subject = subject or f"The pump report stays empty ({next(_numbers)})"
    new = NewTicket(
        subject=subject,
        body=more.pop("body", f"{subject}: since this morning."),
        source=more.pop("source", Source.PORTAL),
        tenant_id=requester.tenant_id,
        requester_id=requester.id,
        **more,
    )
    with _as(_member_actor(requester)) as actor:
        return open_ticket(actor, new, at=at)


def make_reply(
    ticket: Ticket, author: Person, body: str = "", *, at: datetime | None = None, **more: Any
) -> Message:
    """By a member (customer's side) or a staff member."""
    new = NewMessage(
        body=body or f"Words of {author.name}.",
        source=more.pop("source", Source.PORTAL),
        author_id=None if isinstance(author, Staff) else author.id,
        **more,
    )
    with _as(actor_of(author)) as actor:
        return reply_to_ticket(actor, ticket.id, new, at=at or ticket.opened_at + timedelta(hours=1))


def make_note(ticket: Ticket, author: Staff, body: str = "", *, at: datetime | None = None) -> Message:
    new = NewMessage(body=body or f"A note of {author.name}.", source=Source.IN_APP)
    with _as(actor_of(author)) as actor:
        return add_note(actor, ticket.id, new, at=at or ticket.opened_at + timedelta(hours=1))


@contextmanager
def _as(actor: Actor) -> Iterator[Actor]:
    standing = current_actor()
    if standing is not None:
        yield standing
        return
    with scope(actor):
        yield actor


def _member_actor(member: Member) -> Actor:
    """Contacts cannot sign in: the product opens for them."""
    return system_actor(member.tenant_id) if member.role == "contact" else actor_of(member)


def _count() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


_numbers = _count()
