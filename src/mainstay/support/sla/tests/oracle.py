"""Business time counted minute by minute, sharing nothing with the code under test.

Every minute of absolute time is turned to the wall clock of the zone and looked up in the hours of that date.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def open_at(zone: str, weekly, holidays: dict[date, object], moment: datetime) -> bool:
    local = moment.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    if local.date() in holidays:
        return any(opens <= minute < closes for opens, closes in holidays[local.date()])
    for opens, closes in weekly[local.weekday()]:
        if opens <= minute < closes or (closes < opens and minute >= opens):
            return True
    yesterday = (local.weekday() - 1) % 7
    return any(closes < opens and minute < closes for opens, closes in weekly[yesterday])


def add(zone: str, weekly, holidays, start: datetime, minutes: int, patience: int = 60 * 24 * 60):
    """`start` on a whole minute; None when `patience` minutes are not enough."""
    moment = start.astimezone(UTC)
    for _ in range(patience):
        if minutes == 0:
            return moment
        if open_at(zone, weekly, holidays, moment):
            minutes -= 1
        moment += MINUTE
    return None


def between(zone: str, weekly, holidays, start: datetime, end: datetime) -> int:
    moment, count = start.astimezone(UTC), 0
    while moment < end:
        count += open_at(zone, weekly, holidays, moment)
        moment += MINUTE
    return count
