"""Promises and clocks as JSON."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from mainstay.core.api.schemas import Outgoing
from mainstay.support.sla.rules import ClockKind, CounterState, Measure
from mainstay.support.tickets.rules import Severity


class ClockOut(Outgoing):
    kind: ClockKind
    state: CounterState = Field(
        description="`goal` runs like `due`, but is no promise: it is never breached."
    )
    is_goal: bool
    is_late: bool = Field(description="Kept, or a goal reached, after its due moment.")
    started_at: datetime
    due_at: datetime | None = Field(description="Null for as long as it is paused.")
    warn_at: datetime | None
    warned_at: datetime | None
    breached_at: datetime | None = Field(description="The moment that was due and passed.")
    paused_at: datetime | None
    met_at: datetime | None
    stopped_at: datetime | None
    promised_minutes: float | None = Field(
        description="Minutes of open time in the calendar; null: best effort."
    )
    consumed_minutes: float = Field(description="Open time used up in the runs that ended.")
    calendar: str


class TicketSlaOut(Outgoing):
    next: ClockOut | None = Field(description="The promise to be kept first; a missed one before all.")
    clocks: list[ClockOut] = Field(description="The latest of each kind, the most pressing first.")
    history: list[ClockOut] = Field(description="Every clock the ticket had, in order.")


class PromiseOut(Outgoing):
    kind: ClockKind
    amount: str = Field(description="As written in the matrix: `15 min`, `4 h`, `2 days` (working days).")
    measure: Measure
    calendar: str
    is_goal: bool


class PlanPromisesOut(Outgoing):
    key: str
    name: str
    hours: str = Field(description="Key of the calendar of its hours.")
    is_own: bool
    promises: dict[Severity, list[PromiseOut]]


class SpecialDayOut(Outgoing):
    on: str
    hours: list[str] = Field(description="Empty: closed.")
    name: str


class CalendarOut(Outgoing):
    key: str
    name: str
    zone: str
    weekly: dict[str, list[str]]
    special: list[SpecialDayOut]


class MatrixOut(Outgoing):
    name: str
    version: int
    plans: list[PlanPromisesOut]
    calendars: list[CalendarOut]


class ExpectedOut(Outgoing):
    kind: ClockKind
    due_at: datetime
    amount: str
    minutes: float
    calendar: str
    is_goal: bool


class PreviewOut(Outgoing):
    severity: Severity
    first_response_at: datetime | None = Field(description="Null: best effort.")
    expected: list[ExpectedOut]


class PreviewsOut(Outgoing):
    plan: str
    plan_name: str
    channels: list[str]
    at: datetime
    severities: list[PreviewOut]
