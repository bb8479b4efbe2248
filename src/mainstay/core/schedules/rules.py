"""When a schedule is due next, how often a failed run is tried again, who may look and change.

A wall time that a change of the clocks skips is run as much later as the clocks jump; one that comes twice is run
at its first occurrence. A day that a month lacks is its last.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from mainstay.core.actor import Permission, Role

SEE_SCHEDULES: Final = Permission(
    "schedules.see", frozenset({Role.ADMIN, Role.ENGINEER, Role.SUPPORT_MANAGER, Role.CS_MANAGER})
)
MANAGE_SCHEDULES: Final = Permission("schedules.manage", frozenset({Role.ADMIN}))

MOST_ATTEMPTS: Final = 4
_PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20))
LOST_AFTER: Final = timedelta(minutes=5)
"""A run that nobody works on: its job is gone."""
KEEP_RUNS: Final = timedelta(days=90)


class Rhythm(StrEnum):
    INTERVAL = "every"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    """For another attempt."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"


ACTIVE: Final = (RunState.QUEUED, RunState.RUNNING, RunState.WAITING)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHORTEST_MINUTES: Final = 5
LONGEST_MINUTES: Final = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Timing:
    """`daily 03:00`, `weekly mon 04:00`, `monthly 31 05:00`, `every 60` (minutes, counted from midnight UTC of
    1970)."""

    rhythm: Rhythm
    at: time = time(0)
    weekday: int = 0
    """0 is Monday."""
    day: int = 1
    minutes: int = 60

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"{self.weekday} is no weekday (0 to 6)")
        if not 1 <= self.day <= 31:
            raise ValueError(f"{self.day} is no day of a month (1 to 31)")
        if not SHORTEST_MINUTES <= self.minutes <= LONGEST_MINUTES:
            raise ValueError(f"{self.minutes} minutes: from {SHORTEST_MINUTES} to {LONGEST_MINUTES}")

    def __str__(self) -> str:
        if self.rhythm is Rhythm.INTERVAL:
            return f"{self.rhythm} {self.minutes}"
        part = {Rhythm.WEEKLY: f" {WEEKDAYS[self.weekday]}", Rhythm.MONTHLY: f" {self.day}"}
        return f"{self.rhythm}{part.get(self.rhythm, '')} {self.at:%H:%M}"


_PATTERN: Final = re.compile(
    r"every (?P<minutes>\d{1,5})|(?P<rhythm>daily|weekly (?P<weekday>[a-z]{3})|monthly (?P<day>\d{1,2}))"
    r" (?P<hour>\d{2}):(?P<minute>\d{2})"
)


def timing(text: str) -> Timing:
    """Reads what `str(timing)` writes."""
    found = _PATTERN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no timing (examples: daily 03:00, weekly mon 04:00, every 60)")
    if found["minutes"]:
        return Timing(Rhythm.INTERVAL, minutes=int(found["minutes"]))
    if found["weekday"] and found["weekday"] not in WEEKDAYS:
        raise ValueError(f"{found['weekday']!r} is no weekday ({', '.join(WEEKDAYS)})")
    return Timing(
        Rhythm(found["rhythm"].partition(" ")[0]),
        at=time(int(found["hour"]), int(found["minute"])),
        weekday=WEEKDAYS.index(found["weekday"]) if found["weekday"] else 0,
        day=int(found["day"] or 1),
    )


def next_moment(wanted: Timing, zone: str, after: datetime) -> datetime:
    """The first moment later than `after`."""
    if after.tzinfo is None:
        raise ValueError("a moment without a time zone")
    if wanted.rhythm is Rhythm.INTERVAL:
        step = wanted.minutes * 60
        return datetime.fromtimestamp((int(after.timestamp()) // step + 1) * step, UTC)
    place = ZoneInfo(zone)
    for on in _days(wanted, after.astimezone(place).date() - timedelta(days=1)):
        # Of a time that is skipped, `fold=0` takes the offset before the change: it lands behind the gap.
        moment = datetime.combine(on, wanted.at, place).astimezone(UTC)
        if moment > after:
            return moment
    raise ValueError("the calendar ends here")


def _days(wanted: Timing, first: date) -> Iterator[date]:
    """The days on which it runs, from `first` on."""
    on = first
    while on < date.max - timedelta(days=32):
        if wanted.rhythm is Rhythm.MONTHLY:
            last = calendar.monthrange(on.year, on.month)[1]
            day = on.replace(day=min(wanted.day, last))
            if day >= first:
                yield day
            on = on.replace(day=last) + timedelta(days=1)
        else:
            if wanted.rhythm is Rhythm.DAILY or on.weekday() == wanted.weekday:
                yield on
            on += timedelta(days=1)


def next_try_at(attempts: int, at: datetime) -> datetime | None:
    """After so many failed attempts; None: given up."""
    return at + _PAUSES[attempts - 1] if attempts < MOST_ATTEMPTS else None


def is_missed(due_at: datetime, missed_after: timedelta, at: datetime) -> bool:
    return at - due_at > missed_after
