"""The open time of a calendar as a sorted table of instants.

Instants are integers, microseconds since 1970 UTC, so a due time is two bisections. The table covers whole
years, grows when somebody asks beyond it, and is replaced, never changed: readers need no lock.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from threading import Lock
from typing import NamedTuple
from zoneinfo import ZoneInfo

Span = tuple[int, int]  # of minutes in a day or of microseconds since the epoch; the end is not part of it
Hours = tuple[Span, ...]

MINUTE = 60_000_000
DAY = 1440 * MINUTE
FIRST_YEAR, LAST_YEAR = 1900, 2300
PATIENCE_YEARS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
# Zones change their offset at most every few weeks; no two changes ever fell into six hours.
_PROBE = DAY // 4
_SECOND = 1_000_000


class CalendarError(ValueError):
    """A calendar is impossible, or a moment cannot be computed with it."""


class NeverOpenError(CalendarError):
    """The calendar has no open time where one is needed."""


class Table(NamedTuple):
    first_year: int
    last_year: int
    low: int
    high: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]  # open time in the table before each start
    total: int


def microseconds(at: datetime) -> int:
    try:
        delta = at - _EPOCH
    except TypeError:
        raise CalendarError(f"a datetime with a time zone is needed, not {at!r}") from None
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def instant(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def in_utc(at: datetime) -> datetime:
    """Python compares and subtracts two datetimes of one zone by their wall clocks; in UTC that is right."""
    return instant(microseconds(at))


def _year_start(year: int) -> int:
    return (date(year, 1, 1).toordinal() - _EPOCH_DAY) * DAY


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = instant(at).astimezone(zone).utcoffset()
    if offset is None:
        raise CalendarError(f"zone {zone.key} has no offset")
    return offset // timedelta(microseconds=1)


def _constant_offsets(zone: ZoneInfo, low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """Stretches (from, to, offset) between `low` and `high` in which the zone's clock runs evenly.

    zoneinfo does not tell its transitions, hence probing and halving down to the second.
    """
    since, offset = low, _offset(zone, low)
    for left, right in pairwise([*range(low, high, _PROBE), high]):
        if _offset(zone, right) == offset:
            continue
        still, changed = left, right
        while changed - still > _SECOND:
            middle = (still + changed) // 2 // _SECOND * _SECOND
            if _offset(zone, middle) == offset:
                still = middle
            else:
                changed = middle
        yield since, changed, offset
        since, offset = changed, _offset(zone, changed)
    if since < high:
        yield since, high, offset


def _open_spans(
    zone: ZoneInfo, weekly: tuple[Hours, ...], special: Mapping[int, Hours], low: int, high: int
) -> Iterator[Span]:
    for since, until, offset in _constant_offsets(zone, low, high):
        for day in range((since + offset) // DAY, (until + offset - 1) // DAY + 1):
            ordinal = day + _EPOCH_DAY
            # Ordinal 1 (0001-01-01) was a Monday.
            hours = special.get(ordinal)
            if hours is None:
                hours = weekly[(ordinal - 1) % 7]
            midnight = day * DAY - offset
            for opens, closes in hours:
                start = max(midnight + opens * MINUTE, since)
                end = min(midnight + closes * MINUTE, until)
                if start < end:
                    yield start, end


class Timeline:
    """Open time of one content of a calendar; shared by all calendars that are equal."""

    def __init__(self, zone: ZoneInfo, weekly: tuple[Hours, ...], special: tuple[tuple[int, Hours], ...]):
        self._zone = zone
        self._weekly = weekly
        self._special = dict(special)
        self._years: dict[int, tuple[Span, ...]] = {}
        self._table: Table | None = None
        self._growing = Lock()

    def add(self, start: int, amount: int) -> int:
        """The first instant at which `amount` of open time has passed since `start`."""
        if amount == 0:
            return start
        table = self.covering(start, start)
        while (target := self._passed(table, start) + amount) > table.total:
            table = self._further(table, start)
        index = bisect_left(table.before, target) - 1
        return table.starts[index] + target - table.before[index]

    def between(self, start: int, end: int) -> int:
        table = self.covering(min(start, end), max(start, end))
        return self._passed(table, end) - self._passed(table, start)

    def span_at(self, at: int) -> Span:
        """The open span that contains `at`, or the next one; its end may be the table's end."""
        table = self.covering(at, at)
        while (index := bisect_right(table.ends, at)) == len(table.ends):
            table = self._further(table, at)
        return table.starts[index], table.ends[index]

    def close_after(self, at: int) -> int | None:
        """The end of the span that contains `at` or of the next; None when none comes in ten years."""
        limit = at + PATIENCE_YEARS * 366 * DAY
        while (end := self.span_at(at)[1]) == (high := self.covering(at, at).high):
            if high > limit:
                return None
            self.covering(at, high)
        return end

    def covering(self, low: int, high: int) -> Table:
        table = self._table
        if table is not None and table.low <= low and high < table.high:
            return table
        first, last = instant(low).year, instant(high).year
        return self._grow(first, last)

    @staticmethod
    def _passed(table: Table, at: int) -> int:
        index = bisect_right(table.ends, at)
        if index == len(table.ends):
            return table.total
        return table.before[index] + max(0, at - table.starts[index])

    def _further(self, table: Table, start: int) -> Table:
        """A longer table, unless the last ten years of this one, counted from `start`, were all closed."""
        last_open = max(table.ends[-1], start) if table.ends else start
        if table.high - last_open > PATIENCE_YEARS * 366 * DAY:
            raise NeverOpenError(
                f"the calendar is never open in the ten years after {instant(last_open):%Y-%m-%d %H:%M} UTC"
            )
        # Doubling keeps many small extensions from becoming quadratic.
        years = table.last_year - table.first_year + 1
        return self._grow(table.first_year, table.last_year + min(years, PATIENCE_YEARS))

    def _grow(self, first: int, last: int) -> Table:
        with self._growing:
            if (table := self._table) is not None:
                first, last = min(first, table.first_year), max(last, table.last_year)
                if (first, last) == (table.first_year, table.last_year):
                    return table
            if first < FIRST_YEAR or last > LAST_YEAR:
                raise CalendarError(f"calendars are computed from {FIRST_YEAR} to {LAST_YEAR} only")
            self._table = table = self._build(first, last)
            return table

    def _build(self, first: int, last: int) -> Table:
        starts: list[int] = []
        ends: list[int] = []
        for year in range(first, last + 1):
            for start, end in self._year(year):
                if ends and ends[-1] == start:
                    ends[-1] = end
                else:
                    starts.append(start)
                    ends.append(end)
        before, total = [], 0
        for start, end in zip(starts, ends, strict=True):
            before.append(total)
            total += end - start
        low, high = _year_start(first), _year_start(last + 1)
        return Table(first, last, low, high, tuple(starts), tuple(ends), tuple(before), total)

    def _year(self, year: int) -> tuple[Span, ...]:
        if year not in self._years:
            low, high = _year_start(year), _year_start(year + 1)
            spans = _open_spans(self._zone, self._weekly, self._special, low, high)
            self._years[year] = tuple(spans)
        return self._years[year]


@lru_cache(maxsize=512)
def timeline(zone: str, weekly: tuple[Hours, ...], special: tuple[tuple[int, Hours], ...]) -> Timeline:
    return Timeline(ZoneInfo(zone), weekly, special)
