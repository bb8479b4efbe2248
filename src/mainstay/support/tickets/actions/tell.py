"""Who hears of what happens to tickets. Later handlers: called with a batch of one customer's events, inside a
scope bound to it. Nobody is told what they did themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from mainstay.core.actor import PORTAL_ROLES, ActorKind
from mainstay.core.events.types import Fact, Visibility
from mainstay.core.house.current import house
from mainstay.people.messages.notices import (
    News,
    Recipient,
    colleagues,
    members,
    notify_many,
    recipients_of,
    staff_who_want,
    staff_with_role,
)
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member
from mainstay.support.tickets import notices
from mainstay.support.tickets.models import Follower, Ticket
from mainstay.support.tickets.rules import Audience, Status

_DONE: Final = frozenset({Status.RESOLVED, Status.CLOSED})


def tell_assigned(facts: Sequence[Fact]) -> None:
    wanted = [f for f in facts if f.data["new"] and UUID(f.data["new"]) != f.actor_id]
    tickets, names = _tickets(wanted), _names(wanted)
    notify_many(
        _news(
            notices.ASSIGNED.key,
            fact,
            tickets[fact.subject_id],
            colleagues(fact.id("new")),
            author=names.get(fact.actor_id),
        )
        for fact in wanted
        if fact.subject_id in tickets
    )


def tell_given(facts: Sequence[Fact]) -> None:
    """In the customer's own queue."""
    wanted = [f for f in facts if f.data["new"] and UUID(f.data["new"]) != f.actor_id]
    tickets, names = _tickets(wanted), _names(wanted, public=True)
    notify_many(
        _news(
            notices.GIVEN.key,
            fact,
            tickets[fact.subject_id],
            members(fact.id("new")),
            author=names.get(fact.actor_id),
        )
        for fact in wanted
        if fact.subject_id in tickets
    )


def tell_mentioned(facts: Sequence[Fact]) -> None:
    """Whoever is called by name in an internal note."""
    wanted = [f for f in facts if f.data.get("mentioned")]
    tickets, names = _tickets(wanted), _names(wanted)
    notify_many(
        _news(
            notices.MENTIONED.key,
            fact,
            tickets[fact.subject_id],
            colleagues(*map(UUID, fact.data["mentioned"])),
            author=names.get(fact.actor_id),
            anchor=fact.data["message_id"],
            message_id=fact.data["message_id"],
        )
        for fact in wanted
        if fact.subject_id in tickets
    )


def tell_opened(facts: Sequence[Fact]) -> None:
    """To those of the desk who asked for it; of a customer's own queue, to those who look after it."""
    theirs = [f for f in facts if f.data["audience"] == Audience.TENANT]
    fresh = [f for f in facts if not f.data.get("is_automatic")]
    ours = [f for f in fresh if f.data["audience"] == Audience.OPERATOR]
    desk = staff_who_want(notices.OPENED.key) if ours else []
    news: list[News] = []
    tickets = _tickets([*theirs, *(ours if desk else [])])
    asked_by = Member.objects.in_bulk({t.requester_id for t in tickets.values()}) if theirs else {}
    for fact in theirs:
        if ticket := tickets.get(fact.subject_id):
            people = [r for r in recipients_of(ticket.tenant_id, "admins") if r.person_id != fact.actor_id]
            author = str(asked_by[ticket.requester_id])
            news.append(_news(notices.OWN_QUEUE.key, fact, ticket, people, author=author))
    for fact in ours if desk else ():
        if ticket := tickets.get(fact.subject_id):
            people = [r for r in desk if r.person_id != fact.actor_id]
            news.append(_news(notices.OPENED.key, fact, ticket, people, severity=ticket.severity))
    notify_many(news)


def tell_escalated(facts: Sequence[Fact]) -> None:
    tickets, names = _tickets(facts), _names(facts)
    desk = staff_with_role(*notices.ESCALATED.roles)
    notify_many(
        _news(
            notices.ESCALATED.key,
            fact,
            tickets[fact.subject_id],
            desk,
            author=names.get(fact.actor_id),
            severity=fact.data["severity"],
        )
        for fact in facts
        if fact.subject_id in tickets
    )


def tell_done(facts: Sequence[Fact]) -> None:
    """To the customer's people on the ticket, when who works on it says that it is solved or closed."""
    wanted = [
        fact
        for fact in facts
        if fact.data["new"] in _DONE
        if fact.actor_kind != ActorKind.MEMBER or fact.visibility == Visibility.TENANT
    ]
    tickets = _tickets(wanted)
    readers = _readers(tickets.values())
    notify_many(
        _news(
            notices.STATUS_CHANGED.key,
            fact,
            tickets[fact.subject_id],
            members(*(one for one in readers[fact.subject_id] if one != fact.actor_id)),
            status=fact.data["new"],
        )
        for fact in wanted
        if fact.subject_id in tickets
    )


def tell_shared(facts: Sequence[Fact]) -> None:
    wanted = [f for f in facts if f.data["member_id"] and UUID(f.data["member_id"]) != f.actor_id]
    tickets, names = _tickets(wanted), _names(wanted, public=True)
    notify_many(
        _news(
            notices.SHARED.key,
            fact,
            tickets[fact.subject_id],
            members(fact.id("member_id")),
            author=names.get(fact.actor_id),
        )
        for fact in wanted
        if fact.subject_id in tickets
    )


def desk_link(number: int, message_id: UUID | str | None = None) -> str:
    return f"/desk/tickets/{number}" + (f"#m-{message_id}" if message_id else "")


def portal_link(number: int, message_id: UUID | str | None = None) -> str:
    return f"/support/tickets/{number}" + (f"#m-{message_id}" if message_id else "")


def _news(
    kind: str,
    fact: Fact,
    ticket: Ticket,
    people: Sequence[Recipient],
    *,
    author: str | None = None,
    anchor: str | None = None,
    **more: str,
) -> News:
    """All of the people stand on one side."""
    link = desk_link if people and people[0].is_staff else portal_link
    named = {"author": author or house().operator_name, "author_id": str(fact.actor_id or "")}
    return News(
        people=people,
        kind=kind,
        subject=("ticket", ticket.id),
        params={"number": str(ticket.number), "subject": ticket.subject, **named, **more},
        tenant_id=ticket.tenant_id,
        link=link(ticket.number, anchor),
        cause=fact.n,
        at=fact.at,
    )


def _tickets(facts: Iterable[Fact]) -> dict[UUID, Ticket]:
    wanted = {f.subject_id for f in facts}
    if not wanted:
        return {}
    return Ticket.objects.only("id", "tenant_id", "number", "subject", "severity", "requester_id").in_bulk(
        wanted
    )


def _names(facts: Sequence[Fact], *, public: bool = False) -> dict[UUID | None, str]:
    """Of those who acted, as the notices' readers may know them: colleagues by name, customers by public ones."""
    ids = {f.actor_id for f in facts if f.actor_id}
    if not ids:
        return {}
    names: dict[UUID | None, str] = {
        person_id: name or email.partition("@")[0]
        for person_id, name, email in Member.objects.filter(id__in=ids).values_list("id", "name", "email")
    }
    return names | dict(
        Staff.objects.filter(id__in=ids).values_list("id", "public_name" if public else "name")
    )


def _readers(tickets: Iterable[Ticket]) -> dict[UUID, list[UUID]]:
    """Requester and followers; whoever became a portal user since sees the own tickets only."""
    found = {ticket.id: [ticket.requester_id] for ticket in tickets}
    rows = Follower.objects.filter(ticket_id__in=found, member__isnull=False)
    for ticket_id, member_id in rows.exclude(member__role__in=sorted(PORTAL_ROLES)).values_list(
        "ticket_id", "member_id"
    ):
        found[ticket_id].append(member_id)
    return found
