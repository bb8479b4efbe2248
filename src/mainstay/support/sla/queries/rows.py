"""From a row to the pure clock and back."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

from mainstay.support.sla import models as tables
from mainstay.support.sla.rules import Clock, ClockKind, Happening, next_moment

_SAME: Final = (
    "number",
    "calendar_key",
    "amount",
    "is_goal",
    "warn_percent",
    "started_at",
    "consumed",
    "running_since",
    "due_at",
    "warn_at",
    "warned_at",
    "breached_at",
    "paused_at",
    "met_at",
    "stopped_at",
)
MUTABLE: Final = (
    *(name for name in _SAME if name not in ("number", "warn_percent")),
    "runs",
    "is_warning_told",
    "is_breach_told",
    "next_at",
)


SHOWN: Final = ("ticket_id", "kind", "runs", *_SAME)
ShownRow: Final[Any] = namedtuple("ShownRow", SHOWN)  # type: ignore[misc]
"""What `clock_of` needs of a row, without the cost of an instance."""


@dataclass(frozen=True, slots=True)
class Told:
    """Which of its moments the watch has recorded."""

    warning: bool = False
    breach: bool = False


def clock_of(row: Any) -> Clock:
    """Of an instance or a `ShownRow`."""
    ends = iter(row.runs)
    return Clock(
        kind=ClockKind(row.kind),
        runs=tuple(zip(ends, ends, strict=True)),
        **{name: getattr(row, name) for name in _SAME},
    )


def row_of(clock: Clock, *, tenant_id: UUID, ticket_id: UUID, before: tables.Clock | None) -> tables.Clock:
    told = Told(before.is_warning_told, before.is_breach_told) if before else Told()
    row = tables.Clock(
        tenant_id=tenant_id,
        ticket_id=ticket_id,
        kind=clock.kind,
        runs=list(chain.from_iterable(clock.runs)),
        **{name: getattr(clock, name) for name in _SAME},
    )
    if before is not None:
        row.id = before.id
    return tell(row, clock, told)


def tell(row: tables.Clock, clock: Clock, told: Told) -> tables.Clock:
    """Sets what was told, as far as it still stands, and from it when the watch is to look again."""
    row.is_warning_told = told.warning and clock.warned_at is not None
    row.is_breach_told = told.breach and clock.breached_at is not None
    waiting: Iterable[datetime] = (at for at, _ in untold(row))
    row.next_at = min(
        (at for at in (*waiting, next_moment(clock)) if at is not None),
        default=None,
    )
    return row


def untold(row: tables.Clock) -> list[tuple[datetime, Happening]]:
    """What the row says has happened and no event says yet. Nobody needs a warning about what has ended."""
    found = []
    has_ended = row.met_at is not None or row.stopped_at is not None
    if row.warned_at is not None and not row.is_warning_told and not has_ended:
        found.append((row.warned_at, Happening.WARNED))
    if row.breached_at is not None and not row.is_breach_told:
        found.append((row.breached_at, Happening.BREACHED))
    return found
