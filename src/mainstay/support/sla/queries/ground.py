"""What the clocks of a ticket stand on: its severity, the customer's plan and hours, the promises' version.

Each of the two reads is one query, and is all that an event about a ticket costs before anything is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from mainstay.core.compiled import Compiled
from mainstay.support.sla import models as tables
from mainstay.support.sla.queries.book import Book, book_of, version_now
from mainstay.support.sla.rules import ClockKind, Terms
from mainstay.support.tickets.models import Message, Ticket


@dataclass(frozen=True, slots=True)
class Ground:
    tenant_id: UUID
    ticket_id: UUID
    severity: str
    audience: str
    opened_at: datetime
    next_due_at: datetime | None
    plan_key: str
    hours: str
    """Key of the customer's own calendar, or its plan's."""
    policy: UUID | None
    written_at: datetime | None = None
    """Of the message that is the occasion."""

    @property
    def book(self) -> Book | None:
        return book_of(self.policy)

    def terms(self, book: Book) -> dict[ClockKind, Terms]:
        return dict(book.terms(self.plan_key, self.hours, self.severity))


def _columns(ticket: str) -> dict[str, Any]:
    return {
        "g_severity": F(f"{ticket}severity"),
        "g_audience": F(f"{ticket}audience"),
        "g_opened_at": F(f"{ticket}opened_at"),
        "g_next_due_at": F(f"{ticket}next_due_at"),
        "g_plan_key": F(f"{ticket}tenant__plan__key"),
        "g_hours": Coalesce(
            NullIf(F(f"{ticket}tenant__calendar_key"), Value("")), F(f"{ticket}tenant__plan__calendar_key")
        ),
        "g_policy": version_now(),
    }


def _written_at(tenant_id: UUID, message_id: UUID | None) -> dict[str, Any]:
    if message_id is None:
        return {}
    message = Message.objects.filter(tenant_id=tenant_id, id=message_id)
    return {"g_written_at": Subquery(message.values("created_at")[:1])}


def ground_of(tenant_id: UUID, ticket_id: UUID, *, message_id: UUID | None = None) -> Ground | None:
    rows = _GROUND.rows(None, tenant_id=tenant_id, ticket_id=ticket_id, message_id=message_id)
    if not rows:
        return None
    names = [name[2:] for name in (*_columns(""), *_written_at(tenant_id, message_id))]
    return Ground(tenant_id=tenant_id, ticket_id=ticket_id, **dict(zip(names, rows[0], strict=True)))


def _ground(*, tenant_id: UUID, ticket_id: UUID, message_id: UUID | None) -> QuerySet[Ticket, Any]:
    columns = {**_columns(""), **_written_at(tenant_id, message_id)}
    found = Ticket.objects.filter(tenant_id=tenant_id, id=ticket_id).annotate(**columns)
    return found.values_list(*columns)


_GROUND: Final = Compiled(_ground)


def locked_clocks(
    tenant_id: UUID, ticket_id: UUID, *, message_id: UUID | None = None
) -> tuple[Ground | None, list[tables.Clock]]:
    """All clocks of the ticket, locked against the watch. Whoever changes them holds the ticket's lock."""
    rows = list(
        with_ground(tables.Clock.objects.filter(tenant_id=tenant_id, ticket_id=ticket_id))
        .annotate(**_written_at(tenant_id, message_id))
        .select_for_update(of=("self",))
        .order_by("number")
    )
    return (ground_in(rows[0]) if rows else None), rows


def with_ground(clocks: QuerySet[tables.Clock]) -> QuerySet[tables.Clock]:
    return clocks.annotate(**_columns("ticket__"))


def ground_in(row: Any) -> Ground:
    """Out of a clock read `with_ground`."""
    more = {name[2:]: getattr(row, name) for name in _columns("ticket__")}
    return Ground(
        tenant_id=row.tenant_id,
        ticket_id=row.ticket_id,
        written_at=getattr(row, "g_written_at", None),
        **more,
    )
