from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, Visibility, event
from mainstay.support.sla.labels import KINDS


@event(
    "sla.warned",
    subject="ticket",
    sentence=_("The promise {kind} is due at {due_at}"),
    words={"kind": KINDS},
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class ClockWarned(Happening):
    """Most of the time of a promise is used up."""

    ticket_id: UUID
    clock_id: UUID
    kind: str
    severity: str
    warned_at: datetime
    due_at: datetime | None
    """None: paused since."""


@event(
    "sla.breached",
    subject="ticket",
    sentence=_("The promise {kind} was missed at {due_at}"),
    words={"kind": KINDS},
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class ClockBreached(Happening):
    ticket_id: UUID
    clock_id: UUID
    kind: str
    severity: str
    due_at: datetime


@event(
    "sla.clock_recomputed",
    subject="ticket",
    sentence=_("The promise {kind} moved from {old_due_at} to {new_due_at}"),
    words={"kind": KINDS},
)
@dataclass(frozen=True)
class ClockRecomputed(Happening):
    """`reason`: severity, plan, calendar, holidays or matrix."""

    ticket_id: UUID
    clock_id: UUID
    kind: str
    reason: str
    old_due_at: datetime | None
    new_due_at: datetime | None
    old_minutes: float | None
    new_minutes: float | None
    old_calendar: str
    new_calendar: str


@event(
    "sla.calendar_changed",
    subject="calendar",
    sentence=_("{actor} changed the hours of {key}"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class CalendarChanged(Happening):
    """`what`: hours, holidays or installed."""

    calendar_id: UUID
    key: str
    what: str


@event(
    "sla.matrix_changed",
    subject="matrix",
    sentence=_("{actor} changed the promises of {key}"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class MatrixChanged(Happening):
    """`what`: promises, live or installed."""

    matrix_id: UUID
    key: str
    version: int
    what: str


@event(
    "sla.tenant_calendar_changed",
    subject="tenant",
    sentence=_("{actor} changed the customer's hours from {old} to {new}"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class TenantCalendarChanged(Happening):
    """Empty: the plan's hours."""

    tenant_id: UUID
    old: str
    new: str
