"""How many due times are computed in a second on one core."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import NamedTuple

from mainstay.support.sla.rules.calendar import Calendar, add_business_time, business_time_between

COUNT, RUNS = 50_000, 5
TARGET = 50_000
WORK_WEEK = (((540, 1020),),) * 5 + ((), ())
CLOSED = ((1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (12, 8), (12, 25))
HOLIDAYS = {date(year, month, day): () for year in range(2025, 2029) for month, day in CLOSED}


class Row(NamedTuple):
    what: str
    per_second: float
    target: int


def run() -> list[Row]:
    calendars = [
        Calendar("8x5", "Europe/Madrid", WORK_WEEK, HOLIDAYS),
        Calendar("24x5", "America/New_York", (((0, 1440),),) * 5 + ((), ()), HOLIDAYS),
    ]
    chance = random.Random(2026)
    year = datetime(2026, 1, 1, tzinfo=UTC)
    starts = [year + timedelta(seconds=chance.randrange(365 * 86_400)) for _ in range(COUNT)]
    amounts = [timedelta(hours=chance.choice((4, 8, 16, 24, 48))) for _ in range(COUNT)]
    rows = []
    for calendar in calendars:
        dues = [add_business_time(calendar, *pair) for pair in zip(starts, amounts, strict=True)]
        rows.append(
            _row(f"due moment, {calendar.key} with holidays", add_business_time, calendar, starts, amounts)
        )
        rows.append(
            _row(f"elapsed time, {calendar.key} with holidays", business_time_between, calendar, starts, dues)
        )
    return rows


def _row(what: str, call: Callable[..., object], calendar: Calendar, *columns: list) -> Row:
    seconds = []
    for _ in range(RUNS):
        begin = perf_counter()
        for one, two in zip(*columns, strict=True):
            call(calendar, one, two)
        seconds.append(perf_counter() - begin)
    return Row(what, COUNT / median(seconds), TARGET)


def main() -> None:
    print(f"{'due-time arithmetic, one core':<40}{'per second':>14}{'target':>12}")
    for row in run():
        print(f"{row.what:<40}{row.per_second:>14,.0f}{row.target:>12,}")


if __name__ == "__main__":
    main()
