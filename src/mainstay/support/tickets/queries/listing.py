"""Lists of tickets: filtered, sorted, by keyset. One query a page, whatever the page holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q, QuerySet

from mainstay.core.actor import Actor
from mainstay.core.compiled import Compiled
from mainstay.core.errors import NotFound
from mainstay.core.pages import Beyond, Page, encode_cursor, read_cursor
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.queries.visible import visible_tickets
from mainstay.support.tickets.rules import Audience, Severity, Source, Status


class Sort(StrEnum):
    RECENT = "recent"
    """The latest word first."""
    DUE = "due"
    """The nearest promise first; tickets without one at the end."""
    OPENED = "opened"
    """The newest first."""
    NUMBER = "number"
    """The highest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilter:
    """Empty means any. `assignee_id` and `unassigned` exclude each other."""

    status: tuple[Status, ...] = ()
    severity: tuple[Severity, ...] = ()
    source: tuple[Source, ...] = ()
    category: str | None = None
    assignee_id: UUID | None = None
    unassigned: bool = False
    tenant_id: UUID | None = None
    requester_id: UUID | None = None
    requester_email: str | None = None
    number: int | None = None
    audience: Audience | None = None
    handler_id: UUID | None = None
    unhandled: bool = False
    """In the customer's own queue: nobody works on it yet. Excludes `handler_id`."""
    words: str = ""
    """Each of them stands in the number or the subject. Cheap within one customer only."""


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket with the names beside it."""

    id: UUID
    number: int
    subject: str
    status: str
    severity: str
    proposed_severity: str | None
    priority: str
    category: str
    module: str
    source: str
    audience: str
    tier: int
    tags: list[str]
    language: str
    is_reproducible: bool | None
    is_shared_with_tenant: bool
    is_platform_issue: bool
    escalated_at: datetime | None
    follow_up_of_id: UUID | None
    message_count: int
    last_sender: str
    opened_at: datetime
    updated_at: datetime
    last_message_at: datetime
    first_response_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    next_due_at: datetime | None
    tenant_id: UUID
    tenant_name: str
    tenant_slug: str
    requester_id: UUID
    requester_name: str
    requester_email: str
    assignee_id: UUID | None
    assignee_name: str | None
    handler_id: UUID | None
    handler_name: str | None
    handler_email: str | None


_WORDS_LIMIT: Final = 8
_JOINED: Final = {
    "tenant_name": "tenant__name",
    "tenant_slug": "tenant__slug",
    "requester_name": "requester__name",
    "requester_email": "requester__email",
    "handler_name": "handler__name",
    "handler_email": "handler__email",
}
_KEYSETS: Final[dict[Sort, tuple[tuple[str, type], ...]]] = {
    Sort.RECENT: (("last_message_at", datetime), ("id", UUID)),
    Sort.DUE: (("next_due_at", datetime), ("id", UUID)),
    Sort.OPENED: (("opened_at", datetime), ("id", UUID)),
    Sort.NUMBER: (("number", int),),
}


def page_of_tickets(
    actor: Actor,
    wanted: TicketFilter,
    *,
    sort: Sort = Sort.RECENT,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[TicketRow]:
    """What is inserted while somebody turns the pages neither repeats nor hides a row of the later ones."""
    found = _filtered(visible_tickets(actor), wanted)
    keyset = _KEYSETS[sort]
    names = [name for name, _kind in keyset]
    after = read_cursor(cursor, *(kind for _name, kind in keyset)) if cursor else None
    if sort is Sort.DUE:
        rows = _by_due(actor, found, after, limit + 1)
    else:
        if after:
            found = found.filter(Beyond(names, after, descending=True))
        rows = _rows(actor, found.order_by(*(f"-{name}" for name in names))[: limit + 1])
    if len(rows) <= limit:
        return Page(rows)
    last = rows[limit - 1]
    return Page(rows[:limit], encode_cursor([getattr(last, name) for name in names]))


def ticket_row(actor: Actor, ticket_id: UUID) -> TicketRow:
    rows = _ONE.rows(actor, ticket_id=ticket_id)
    if not rows:
        raise NotFound
    return TicketRow(*rows[0])


def _by_due(actor: Actor, found: QuerySet[Ticket], after: list[Any] | None, count: int) -> list[TicketRow]:
    """Null stands at the end of the index but compares with nothing: that tail is a question of its own."""
    if after is None:
        return _rows(actor, found.order_by(F("next_due_at").asc(nulls_last=True), "id")[:count])
    due_at, ticket_id = after
    rows: list[TicketRow] = []
    tail = found.filter(next_due_at__isnull=True).order_by("id")
    if due_at is not None:
        due = found.filter(Beyond(["next_due_at", "id"], after, descending=False))
        rows = _rows(actor, due.order_by("next_due_at", "id")[:count])
    else:
        tail = tail.filter(id__gt=ticket_id)
    if len(rows) < count:
        rows += _rows(actor, tail[: count - len(rows)])
    return rows


def _filtered(tickets: QuerySet[Ticket], wanted: TicketFilter) -> QuerySet[Ticket]:
    exact: dict[str, Any] = {
        "category": wanted.category,
        "assignee_id": wanted.assignee_id,
        "tenant_id": wanted.tenant_id,
        "requester_id": wanted.requester_id,
        "requester__email": wanted.requester_email,
        "number": wanted.number,
        "audience": wanted.audience,
        "handler_id": wanted.handler_id,
    }
    many: dict[str, Iterable[str]] = {
        "status__in": wanted.status,
        "severity__in": wanted.severity,
        "source__in": wanted.source,
    }
    conditions = Q(**{name: value for name, value in exact.items() if value is not None})
    conditions &= Q(**{name: sorted(values) for name, values in many.items() if values})
    if wanted.unassigned:
        conditions &= Q(assignee__isnull=True)
    if wanted.unhandled:
        conditions &= Q(handler__isnull=True)
    for word in wanted.words.replace("\0", "").split()[:_WORDS_LIMIT]:
        number = word.removeprefix("#")
        in_number = Q(number__contains=number) if number.isascii() and number.isdigit() else Q()
        conditions &= Q(subject__icontains=word) | in_number
    return tickets.filter(conditions)


def _rows(actor: Actor, tickets: QuerySet[Ticket]) -> list[TicketRow]:
    return [TicketRow(*row) for row in tickets.values_list(*_columns(actor))]


def _columns(actor: Actor) -> list[str]:
    # Customers know a member of the staff by the public name, and their role may read no other.
    assignee = "assignee__name" if actor.is_staff else "assignee__public_name"
    return [assignee if name == "assignee_name" else _JOINED.get(name, name) for name in TicketRow.__slots__]


def _one(*, actor: Actor, ticket_id: UUID) -> QuerySet[Ticket, Any]:
    return visible_tickets(actor).filter(id=ticket_id).values_list(*_columns(actor))


_ONE: Final = Compiled(_one)
