"""What is promised: plan × severity → promises, each an amount of time in some hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from .calendar import Calendar, day_length

# The calendar of a promise may be left to the plan (or the tenant that has its own).
PLAN_HOURS = "plan-hours"


class ClockKind(StrEnum):
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESTORE = "restore"
    UPDATE = "update"


class Unit(StrEnum):
    MINUTES = "min"
    HOURS = "h"
    DAYS = "days"


class Measure(StrEnum):
    BUSINESS = "business"  # open time of the calendar
    ELAPSED = "elapsed"  # by the wall clock, whatever the hours


@dataclass(frozen=True, slots=True)
class Amount:
    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count} {self.unit}"


@dataclass(frozen=True, slots=True)
class Promise:
    """A goal is shown and reported apart; it never warns, breaches or escalates."""

    kind: ClockKind
    amount: Amount
    calendar: str = PLAN_HOURS
    measure: Measure = Measure.BUSINESS
    is_goal: bool = False


Promises = tuple[Promise, ...]


@dataclass(frozen=True)
class Matrix:
    """Rows: plan key → severity (P1 to P4) → promises. What is not promised is best effort."""

    key: str
    version: int
    names: Mapping[str, str]
    rows: Mapping[str, Mapping[str, Promises]]


@dataclass(frozen=True, slots=True)
class Terms:
    """A promise made concrete: so much time in this calendar."""

    amount: timedelta
    calendar: Calendar
    is_goal: bool = False


class UnknownPlanError(LookupError):
    pass


ELAPSED = Calendar("elapsed", "UTC", (((0, 1440),),) * 7)


def promises_for(matrix: Matrix, plan_key: str, severity: str) -> Promises:
    """The promises in force; none is best effort."""
    if plan_key not in matrix.rows:
        known = ", ".join(sorted(matrix.rows))
        raise UnknownPlanError(f"plan: {plan_key!r} is not in the matrix {matrix.key!r}, which has {known}")
    return matrix.rows[plan_key].get(severity, ())


def calendar_key(promise: Promise, plan_hours: str) -> str:
    """`plan_hours`: key of the calendar of the tenant, or else of its plan."""
    if promise.measure is Measure.ELAPSED:
        return ELAPSED.key
    return plan_hours if promise.calendar == PLAN_HOURS else promise.calendar


def terms_for(promise: Promise, calendars: Mapping[str, Calendar], plan_hours: str) -> Terms:
    key = calendar_key(promise, plan_hours)
    calendar = ELAPSED if key == ELAPSED.key else calendars[key]
    return Terms(length(promise.amount, calendar), calendar, promise.is_goal)


def terms_of_ticket(
    matrix: Matrix, plan_key: str, severity: str, calendars: Mapping[str, Calendar], plan_hours: str
) -> dict[ClockKind, Terms]:
    promises = promises_for(matrix, plan_key, severity)
    return {promise.kind: terms_for(promise, calendars, plan_hours) for promise in promises}


def length(amount: Amount, calendar: Calendar) -> timedelta:
    """Open time in the calendar: a day is a working day of that calendar."""
    if amount.unit is Unit.MINUTES:
        return timedelta(minutes=amount.count)
    if amount.unit is Unit.HOURS:
        return timedelta(hours=amount.count)
    return amount.count * day_length(calendar)
