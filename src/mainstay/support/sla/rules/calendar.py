"""Business time: when the desk is open, and how much open time lies between two moments.

The decision about daylight saving: opening hours are what the clock on the wall of the calendar's zone shows.
A moment is open when its local date and time fall into the hours of that local date. Elapsed time is then
counted in absolute time within those moments. So a day of 00:00-24:00 lasts 23 hours when the clock is put
forward and 25 when it is put back; hours that the clock skips do not exist; hours that it shows twice are
open twice; a date that a zone skipped (Apia, 2011-12-30) has no open time.

A holiday replaces the hours of its local date, from midnight to midnight: it takes the tail of a night shift
that began the evening before, and leaves the next morning as the week says.

An amount ends at the earliest moment at which it is used up: Friday 16:00 + 1 h is Friday 17:00, not Monday
09:00. Results are in UTC; datetimes without a zone are refused.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from .timeline import (
    CalendarError,
    Hours,
    NeverOpenError,
    Timeline,
    instant,
    microseconds,
    timeline,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_MINUTES = 1440
WHOLE_DAY: Hours = ((0, DAY_MINUTES),)


@dataclass(frozen=True)
class Calendar:
    """Hours are (open, close) in minutes from midnight; 1440 is 24:00.

    Weekly hours that close at or before they open run past midnight and are split there. Adjoining and
    overlapping hours are joined.
    """

    key: str
    zone: str
    weekly: tuple[Hours, ...]
    holidays: Mapping[date, Hours] = field(default_factory=dict, hash=False)
    always_open: bool = field(init=False, compare=False)
    timeline: Timeline = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        weekly = _normal_week(self.weekly)
        holidays = {day: _normal_holiday(day, hours) for day, hours in sorted(self.holidays.items())}
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            raise CalendarError(f"zone: {self.zone!r} is not a known time zone") from None
        special = tuple((day.toordinal(), hours) for day, hours in holidays.items())
        every_day = (*weekly, *holidays.values())
        object.__setattr__(self, "weekly", weekly)
        object.__setattr__(self, "holidays", MappingProxyType(holidays))
        object.__setattr__(self, "always_open", all(hours == WHOLE_DAY for hours in every_day))
        object.__setattr__(self, "timeline", timeline(self.zone, weekly, special))

    def __reduce__(self) -> tuple[Any, ...]:
        return Calendar, (self.key, self.zone, self.weekly, dict(self.holidays))


def add_business_time(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """The first moment (UTC) at which `amount` of open time has passed since `start`."""
    begin, length = microseconds(start), amount // timedelta(microseconds=1)
    if length < 0:
        raise CalendarError(f"amount: {amount} is negative")
    if calendar.always_open:
        return instant(begin + length)
    return instant(calendar.timeline.add(begin, length))


def business_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Open time from `start` to `end`; negative when `end` is earlier."""
    begin, finish = microseconds(start), microseconds(end)
    if calendar.always_open:
        return timedelta(microseconds=finish - begin)
    return timedelta(microseconds=calendar.timeline.between(begin, finish))


def is_open(calendar: Calendar, at: datetime) -> bool:
    moment = microseconds(at)
    if calendar.always_open:
        return True
    try:
        return calendar.timeline.span_at(moment)[0] <= moment
    except NeverOpenError:
        return False


def next_open(calendar: Calendar, at: datetime) -> datetime:
    """`at` itself when open, otherwise the next opening."""
    moment = microseconds(at)
    if calendar.always_open:
        return instant(moment)
    return instant(max(moment, calendar.timeline.span_at(moment)[0]))


def next_close(calendar: Calendar, at: datetime) -> datetime | None:
    """The end of the opening that `at` lies in, or of the next; None when it stays open for ten years."""
    moment = microseconds(at)
    if calendar.always_open:
        return None
    close = calendar.timeline.close_after(moment)
    return None if close is None else instant(close)


def day_length(calendar: Calendar) -> timedelta:
    """What one working day is worth: the usual length of a weekday with hours, the longer when in doubt."""
    lengths = Counter(length for hours in calendar.weekly if (length := sum(c - o for o, c in hours)))
    if not lengths:
        raise NeverOpenError(f"calendar {calendar.key!r} has no weekly hours, so no length of a working day")
    return timedelta(minutes=max(lengths, key=lambda length: (lengths[length], length)))


def _normal_week(weekly: tuple[Hours, ...]) -> tuple[Hours, ...]:
    if len(weekly) != len(WEEKDAYS):
        raise CalendarError(f"weekly: seven days are needed, not {len(weekly)}")
    days: list[list[tuple[int, int]]] = [[] for _ in WEEKDAYS]
    for index, hours in enumerate(weekly):
        for opens, closes in hours:
            _check_span(WEEKDAYS[index], opens, closes)
            if opens < closes:
                days[index].append((opens, closes))
            else:
                days[index].append((opens, DAY_MINUTES))
                days[(index + 1) % 7].append((0, closes))
    return tuple(_joined(day) for day in days)


def _normal_holiday(day: date, hours: Hours) -> Hours:
    if isinstance(day, datetime):
        raise CalendarError(f"holidays: {day!r} is not a date")
    for opens, closes in hours:
        _check_span(f"holidays.{day}", opens, closes)
        if closes < opens:
            raise CalendarError(f"holidays.{day}: hours of a single date cannot run past midnight")
    return _joined(list(hours))


def _check_span(where: str, opens: int, closes: int) -> None:
    shown = f"{where}: {clock_text(opens)}-{clock_text(closes)}"
    if not (0 <= opens < DAY_MINUTES and 0 <= closes <= DAY_MINUTES):
        raise CalendarError(f"{shown} is outside 00:00-24:00")
    if opens == closes:
        raise CalendarError(f"{shown} is empty (a whole day is 00:00-24:00)")


def _joined(hours: list[tuple[int, int]]) -> Hours:
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(span for span in hours if span[0] < span[1]):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return tuple(joined)


def clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def hours_from_text(text: str) -> tuple[int, int]:
    """ "09:00-17:00" → (540, 1020).

    A close of 23:59 is read as 24:00: it is what a time picker without 24:00 offers, and nobody means to
    lose the last minute of the day.
    """
    opens, dash, closes = text.replace("–", "-").partition("-")
    if not dash:
        raise CalendarError(f"{text!r} is not of the form 09:00-17:00")
    start, end = _minute(opens), _minute(closes)
    return start, DAY_MINUTES if end == DAY_MINUTES - 1 else end


def _minute(text: str) -> int:
    hour, colon, minute = text.strip().partition(":")
    if not (colon and hour.isascii() and minute.isascii() and hour.isdigit() and minute.isdigit()):
        raise CalendarError(f"{text.strip()!r} is not a time of day such as 09:00")
    value = int(hour) * 60 + int(minute)
    if int(minute) > 59 or value > DAY_MINUTES or len(minute) != 2 or len(hour) > 2:
        raise CalendarError(f"{text.strip()!r} is not a time of day such as 09:00")
    return value
