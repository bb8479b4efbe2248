"""The queue: rows with all that is shown of them, and the counts of the standing queues."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import get_language

from mainstay.core.actor import Actor
from mainstay.core.pages import Beyond, Page, encode_cursor, read_cursor
from mainstay.people.staff.queries import active_staff
from mainstay.people.tenants.models import Plan
from mainstay.people.tenants.queries import visible_tenants
from mainstay.shell.tags.times import Counter
from mainstay.support.tickets.labels import STATUSES
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.queries import visible_tickets
from mainstay.support.tickets.rules import ACTIVE, Status
from mainstay.surfaces.desk.queries.counters import queue_counters
from mainstay.surfaces.desk.rules import (
    COUNT_LIMIT,
    DUE_SOON,
    ME,
    NOBODY,
    PAGE_SIZE,
    RESOLVED_RECENTLY,
    Queue,
    Sort,
    View,
    as_uuid,
)

_SHOWN = (
    "id",
    "tenant_id",
    "number",
    "subject",
    "severity",
    "proposed_severity",
    "status",
    "audience",
    "last_message_at",
    "last_sender",
    "next_due_at",
    "resolved_at",
    "assignee__name",
    "requester__name",
    "requester__email",
    "tenant__name",
    "tenant__slug",
    "tenant__plan__names",
    "tenant__plan__key",
)


_NOBODYS = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Row:
    ticket: Ticket
    counter: Counter | None
    plan: str
    url: str
    rest_word: str
    """Where no promise is open."""
    has_left: bool = False
    """Still on the reader's page, but no longer in the queue."""

    @property
    def proposed_word(self) -> str:
        return f"{self.ticket.proposed_severity}?"


@dataclass(frozen=True, slots=True)
class Board:
    counts: dict[Queue, int]
    people: list[tuple[UUID, str]]
    """Active staff, for the filter by assignee."""
    plans: list[tuple[str, str]]


def queue_rows(actor: Actor, view: View, *, now: datetime, size: int = PAGE_SIZE) -> Page[Row]:
    found = _shown(_filtered(in_queue(actor, view.queue, now=now), actor, view))
    tickets, cursor = _page(found, view, size)
    return Page(_rows(actor, tickets, now), cursor)


def rows_again(actor: Actor, view: View, numbers: Sequence[int], *, now: datetime) -> list[Row]:
    """The tickets that a page shows, fresh and in the order it shows them: nothing moves under the reader."""
    inside = _filtered(in_queue(actor, view.queue, now=now), actor, view).filter(id=OuterRef("id")).order_by()
    found = _shown(visible_tickets(actor).filter(number__in=numbers)).annotate(stays=Exists(inside))
    tickets = {ticket.number: ticket for ticket in found}
    rows = _rows(actor, [tickets[number] for number in numbers if number in tickets], now)
    return [replace(row, has_left=not getattr(row.ticket, "stays", True)) for row in rows]


def one_row(actor: Actor, number: int, *, now: datetime) -> Row:
    [row] = _rows(actor, list(_shown(visible_tickets(actor).filter(number=number))), now)
    return row


def in_queue(actor: Actor, queue: Queue, *, now: datetime) -> QuerySet[Ticket]:
    tickets = visible_tickets(actor)
    if queue is Queue.RESOLVED:
        return tickets.filter(status=Status.RESOLVED.value, resolved_at__gt=now - RESOLVED_RECENTLY)
    if queue is Queue.WAITING:
        return tickets.filter(status=Status.WAITING.value)
    active = tickets.filter(status__in=sorted(s.value for s in ACTIVE))
    return active.filter(
        {
            Queue.MINE: Q(assignee_id=actor.staff_id),
            Queue.UNASSIGNED: Q(assignee__isnull=True),
            Queue.DUE_SOON: Q(next_due_at__gt=now, next_due_at__lte=now + DUE_SOON),
            Queue.BREACHED: Q(next_due_at__lte=now),
            Queue.PROPOSED: Q(proposed_severity__isnull=False),
        }.get(queue, Q())
    )


def _filtered(tickets: QuerySet[Ticket], actor: Actor, view: View) -> QuerySet[Ticket]:
    wanted: dict[str, Any] = {
        "status": view.status,
        "severity": view.severity,
        "category": view.category,
        "source": view.channel,
        "tenant__plan__key": view.plan,
    }
    tickets = tickets.filter(**{name: value for name, value in wanted.items() if value})
    if view.customer:
        # By the id itself: only then does the planner know whether it is a large customer or a small one.
        found = visible_tenants(actor).filter(slug=view.customer).values_list("id", flat=True).first()
        tickets = tickets.filter(tenant_id=found or _NOBODYS)
    if view.assignee == NOBODY:
        return tickets.filter(assignee__isnull=True)
    if view.assignee:
        person = actor.staff_id if view.assignee == ME else as_uuid(view.assignee)
        return tickets.filter(assignee_id=person)
    return tickets


def _shown(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return tickets.select_related("tenant__plan", "assignee", "requester").only(*_SHOWN)


def _columns(view: View) -> list[str]:
    if view.order is Sort.NEWEST:
        return ["number"]
    if view.order is Sort.DUE:
        return ["next_due_at", "id"]
    return ["resolved_at" if view.queue is Queue.RESOLVED else "last_message_at", "id"]


def _ordered(found: QuerySet[Ticket], view: View) -> QuerySet[Ticket]:
    sign = "" if view.order is Sort.DUE else "-"
    return found.order_by(*(f"{sign}{name}" for name in _columns(view)))


_KINDS: dict[Sort, tuple[type, ...]] = {
    Sort.NEWEST: (int,),
    Sort.RECENT: (datetime, UUID),
    Sort.DUE: (datetime, UUID),
}


def _page(found: QuerySet[Ticket], view: View, size: int) -> tuple[list[Ticket], str | None]:
    columns = _columns(view)
    found = _ordered(found, view)
    after = read_cursor(view.after, *_KINDS[view.order]) if view.after else None
    if after is None:
        tickets = list(found[: size + 1])
    elif view.order is Sort.DUE:
        tickets = _further_by_due(found, after, size + 1)
    else:
        tickets = list(found.filter(Beyond(columns, after, descending=True))[: size + 1])
    shown = tickets[:size]
    is_more = len(tickets) > size
    return shown, encode_cursor([getattr(shown[-1], name) for name in columns]) if is_more else None


def _further_by_due(found: QuerySet[Ticket], after: list[Any], count: int) -> list[Ticket]:
    """Those without a deadline come last; null compares with nothing, so they are a range of their own."""
    undated = found.filter(next_due_at__isnull=True)
    if after[0] is None:
        return list(undated.filter(id__gt=after[1])[:count])
    tickets = list(found.filter(Beyond(["next_due_at", "id"], after, descending=False))[:count])
    return tickets if len(tickets) == count else [*tickets, *undated[: count - len(tickets)]]


def _rows(actor: Actor, tickets: list[Ticket], now: datetime) -> list[Row]:
    counters = queue_counters(actor, tickets, now)
    beginning = reverse("desk_ticket", args=[0])[:-1]
    ended = {Status.RESOLVED.value, Status.CLOSED.value}
    return [
        Row(
            ticket=t,
            counter=counters.get(t.id),
            plan=plan_name(t.tenant.plan),
            url=f"{beginning}{t.number}",
            rest_word=str(STATUSES[t.status]) if t.status in ended else "–",
        )
        for t in tickets
    ]


def plan_name(plan: Plan) -> str:
    return in_language(plan.names, plan.key)


def in_language(names: dict[str, str], key: str) -> str:
    return names.get((get_language() or "en")[:2]) or names.get("en") or key


def board(actor: Actor, *, now: datetime) -> Board:
    """All counts and the choices of the filters in one statement."""
    people = active_staff(actor).order_by("name", "id").values("id", "name")
    plans = Plan.objects.order_by("rank", "key").values("key", "names")
    counts, staff, offered = _counts_and(actor, now, people, plans)
    return Board(
        counts,
        [(UUID(person["id"]), person["name"]) for person in staff],
        [(plan["key"], in_language(plan["names"], plan["key"])) for plan in offered],
    )


def counts_and_top(actor: Actor, view: View, *, now: datetime) -> tuple[dict[Queue, int], list[int]]:
    """For a page that is shown already: all counts, and the numbers a fresh first page would show."""
    found = _filtered(in_queue(actor, view.queue, now=now), actor, view)
    top = _ordered(found, view).values("number")[:PAGE_SIZE]
    counts, listed = _counts_and(actor, now, top)
    return counts, [row["number"] for row in listed]


def _counts_and(actor: Actor, now: datetime, *further: QuerySet[Any, Any]) -> Any:
    """The counts by queue, then the rows of each further query: one round trip for all of them.

    The SQL is Django's own, its values are parameters.
    """
    parts: list[str] = []
    params: list[Any] = []
    for queue in Queue:
        counted = in_queue(actor, queue, now=now).order_by().values("id")[:COUNT_LIMIT]
        text, given = counted.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({text}) counted)")  # noqa: S608
        params += given
    for query in further:
        text, given = query.query.sql_with_params()
        parts.append(f"(SELECT coalesce(json_agg(further), '[]') FROM ({text}) further)")  # noqa: S608
        params += given
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), params)
        answers = cursor.fetchone()
    counts = dict(zip(Queue, answers, strict=False))
    rows = [json.loads(answer) if isinstance(answer, str) else answer for answer in answers[len(Queue) :]]
    return counts, *rows
