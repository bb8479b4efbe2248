"""The watch: what has come due is said, once.

It reads nothing but the index of next moments, so it costs what is due and not what is open. It locks clocks
that nobody else holds and waits for none: one that an action is just changing is seen the next time round.
The ticket's own next due moment does not change by a warning or a breach, so no ticket is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from mainstay.core.actor import Actor
from mainstay.core.events.actions import record_many
from mainstay.core.events.types import Happening as Event
from mainstay.support.sla import models as tables
from mainstay.support.sla.events import ClockBreached, ClockWarned
from mainstay.support.sla.queries.rows import Told, clock_of, tell, untold
from mainstay.support.sla.rules import Happening, tick


def tell_due(actor: Actor, now: datetime, *, limit: int) -> int:
    """In a sweep, in the order in which things were due. How many clocks were looked at; `limit`: there may be
    more."""
    rows = list(
        tables.Clock.objects.filter(next_at__lte=now)
        .annotate(severity=F("ticket__severity"))
        .order_by("next_at", "id")
        .select_for_update(of=("self",), skip_locked=True)[:limit]
    )
    # A full batch goes only as far as its last moment: what the same clocks have to say later stands behind
    # what clocks outside the batch have to say before.
    until = rows[-1].next_at or now if len(rows) == limit else now
    said: list[tuple[datetime, tables.Clock, Event]] = []
    for row in rows:
        clock, _ = tick(clock_of(row), until)
        row.warned_at, row.breached_at = clock.warned_at, clock.breached_at
        found = [(at, happening) for at, happening in untold(row) if at <= until]
        said += [(at, row, _event(row, happening)) for at, happening in found]
        news = {happening for _, happening in found}
        told = Told(
            warning=row.is_warning_told or Happening.WARNED in news,
            breach=row.is_breach_told or Happening.BREACHED in news,
        )
        tell(row, clock, told)
    said.sort(key=lambda item: item[0])
    _save(rows)
    record_many(actor, [(row.tenant_id, event) for _, row, event in said], at=now)
    return len(rows)


def _save(rows: Sequence[tables.Clock]) -> None:
    """Only what the watch changes: saving whole rows doubles the time of a sweep."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sla_clock AS c SET warned_at = d.warned_at, breached_at = d.breached_at, "
            "is_warning_told = d.warning, is_breach_told = d.breach, next_at = d.next_at "
            "FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::bool[], %s::bool[], "
            "%s::timestamptz[]) AS d (id, warned_at, breached_at, warning, breach, next_at) WHERE c.id = d.id",
            [
                [row.id for row in rows],
                [row.warned_at for row in rows],
                [row.breached_at for row in rows],
                [row.is_warning_told for row in rows],
                [row.is_breach_told for row in rows],
                [row.next_at for row in rows],
            ],
        )


def _event(row: Any, happening: Happening) -> Event:
    if happening is Happening.WARNED:
        return ClockWarned(
            ticket_id=row.ticket_id,
            clock_id=row.id,
            kind=row.kind,
            severity=row.severity,
            warned_at=row.warned_at,
            due_at=row.due_at,
        )
    return ClockBreached(
        ticket_id=row.ticket_id, clock_id=row.id, kind=row.kind, severity=row.severity, due_at=row.breached_at
    )
