"""Situations that users of other desks and calendar libraries test, each with a value worked out by hand."""

from datetime import date, datetime, timedelta

import pytest

from mainstay.support.sla.holidays_source import holiday_dates
from mainstay.support.sla.rules import (
    Calendar,
    CalendarError,
    ClockKind,
    Terms,
    add_business_time,
    business_time_between,
    clocks,
)

from .test_calendar import ALWAYS, OFFICE, WHOLE_DAY, WORK_WEEK, at, hours

SHORT_WEEK = (OFFICE, (), (), (), OFFICE, ((600, 900),), ())
MIXED_DAYS = ((WHOLE_DAY), (), (), (), WHOLE_DAY, ((660, 900),), ())
UNEVEN = (OFFICE, ((600, 960),), OFFICE, ((600, 960),), OFFICE, ((660, 870),), ())
LUNCH = (((540, 720), (780, 1080)),) * 5 + ((), ())
NIGHTS = (((1380, 420),),) * 5 + ((), ())  # 23:00-07:00


@pytest.mark.parametrize(
    ("weekly", "holidays", "start", "amount", "due"),
    [
        (WORK_WEEK, [], "2010-08-04T09:35", 8, "2010-08-05T09:35"),
        (WORK_WEEK, [], "2010-04-09T16:50", 1, "2010-04-12T09:50"),
        (WORK_WEEK, ["2010-07-05"], "2010-07-02T16:50", 1, "2010-07-06T09:50"),
        (WORK_WEEK, [], "2010-04-26T04:30", 1, "2010-04-26T10:00"),
        (WORK_WEEK, [], "2010-04-25T12:06:56", 2, "2010-04-26T11:00"),
        (SHORT_WEEK, [], "2010-12-24T15:00", 9, "2010-12-27T11:00"),
        (SHORT_WEEK, [], "2010-12-24T08:00", 15, "2010-12-27T11:00"),
        (SHORT_WEEK, [], "2010-12-24T08:00", 8, "2010-12-24T17:00"),
        (MIXED_DAYS, [], "2010-12-24T15:00", 24, "2010-12-27T11:00"),
        (MIXED_DAYS, [], "2010-12-25T08:00", 15, "2010-12-27T11:00"),
        (UNEVEN, [], "2006-01-02T11:00", 19, "2006-01-04T16:00"),
        (LUNCH, [], "2016-01-18T11:30", 1, "2016-01-18T13:30"),
        (LUNCH, [], "2016-01-22T17:30", 8, "2016-01-25T17:30"),
        (NIGHTS, [], "2016-01-22T20:00", 8, "2016-01-23T07:00"),
        (NIGHTS, [], "2016-01-22T20:00", 9, "2016-01-26T00:00"),
        (WORK_WEEK, [], "2024-02-28T16:00", 9, "2024-02-29T17:00"),
        (WORK_WEEK, [], "2023-02-28T16:00", 9, "2023-03-01T17:00"),
        (WORK_WEEK, ["2025-12-25", "2025-12-26", "2026-01-01"], "2025-12-24T16:00", 32, "2026-01-02T16:00"),
    ],
)
def test_due_moments(weekly, holidays, start, amount, due):
    closed = {date.fromisoformat(day): () for day in holidays}
    for zone in ("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata"):
        calendar = Calendar("vector", zone, weekly, closed)
        assert add_business_time(calendar, at(start, zone), hours(amount)) == at(due, zone)


@pytest.mark.parametrize(
    ("weekly", "start", "end", "seconds"),
    [
        (SHORT_WEEK, "2010-12-24T15:00", "2010-12-27T11:00", 9 * 3600),
        (MIXED_DAYS, "2010-12-24T15:00", "2010-12-27T11:00", 24 * 3600),
        (ALWAYS, "2010-12-24T15:00", "2010-12-27T11:00", 68 * 3600),
        ((((540, 1080),),) * 3 + ((),) * 4, "2012-05-28T08:04:26", "2012-05-29T14:56:45", 53_805),
        ((((480, 1200),),) * 2 + ((),) * 5, "2014-05-12T20:50", "2014-05-13T08:10", 600),
        (WORK_WEEK, "2011-10-31T17:01", "2011-11-02T08:59", 8 * 3600),
        (WORK_WEEK, "2011-10-31T16:00", "2011-11-02T10:00", 10 * 3600),
        (LUNCH, "2016-01-18T09:00", "2016-01-22T18:00", 40 * 3600),
        (NIGHTS, "2016-01-18T00:00", "2016-01-24T00:00", 40 * 3600),
    ],
)
def test_elapsed_business_time(weekly, start, end, seconds):
    calendar = Calendar("vector", "UTC", weekly)
    assert business_time_between(calendar, at(start), at(end)) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("zone", "start", "amount", "due"),
    [
        # A whole-day week over the night in which the clock changes: the due moment is 24 absolute hours on.
        ("America/Los_Angeles", "2014-03-08T12:00", 24, "2014-03-09T13:00"),
        ("America/Los_Angeles", "2014-11-01T12:00", 24, "2014-11-02T11:00"),
        ("Europe/Berlin", "2026-03-28T12:00", 24, "2026-03-29T13:00"),
        ("Europe/Berlin", "2026-10-24T12:00", 24, "2026-10-25T11:00"),
        ("America/Sao_Paulo", "2015-10-17T12:00", 24, "2015-10-18T13:00"),
        ("Australia/Lord_Howe", "2024-10-05T12:00", 24, "2024-10-06T12:30"),
        ("Pacific/Apia", "2011-12-29T12:00", 24, "2011-12-31T12:00"),
        ("Asia/Kolkata", "2026-03-28T12:00", 24, "2026-03-29T12:00"),
    ],
)
def test_clock_changes_in_hours_around_the_clock(zone, start, amount, due):
    around = Calendar("around", zone, ALWAYS, {date(2030, 1, 1): ()})
    assert add_business_time(around, at(start, zone), hours(amount)) == at(due, zone)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Madrid", "America/Santiago", "Africa/Cairo"])
def test_office_hours_do_not_notice_a_clock_change_at_night(zone):
    calendar = Calendar("8x5", zone, WORK_WEEK)
    for week in range(53):
        friday = date(2024, 1, 5) + timedelta(weeks=week)
        monday = friday + timedelta(days=3)
        start = at(f"{friday}T16:30", zone)
        assert add_business_time(calendar, start, hours(1)) == at(f"{monday}T09:30", zone)


def test_pending_from_ten_to_three_moves_the_rest_to_the_next_morning():
    every_day = Calendar("9-18", "Europe/Berlin", (((540, 1080),),) * 7)
    clock = clocks.start(
        1, ClockKind.RESTORE, Terms(timedelta(minutes=250), every_day), at("2013-06-04T09:00")
    )
    clock = clocks.pause(clock, every_day, at("2013-06-04T10:00"))
    clock = clocks.resume(clock, every_day, at("2013-06-04T15:00"))
    assert clock.due_at == at("2013-06-05T09:10")


def test_both_passes_of_an_ambiguous_start_are_told_apart():
    around = Calendar("around", "Europe/Madrid", ALWAYS, {date(2030, 1, 1): ()})
    first, second = (at("2026-10-25T02:30", "Europe/Madrid", fold=fold) for fold in (0, 1))
    assert business_time_between(around, first.astimezone(at("2026-01-01").tzinfo), second) == hours(1)
    assert add_business_time(around, second, hours(1)) - add_business_time(around, first, hours(1)) == hours(
        1
    )


def test_public_holidays_come_by_country_and_region():
    madrid = holiday_dates("ES", "MD", [2025])
    assert date(2025, 1, 1) in madrid
    assert date(2025, 5, 2) in madrid
    assert date(2025, 5, 2) not in holiday_dates("ES", "CT", [2025])
    assert {day.year for day in holiday_dates("US", None, range(2026, 2028))} == {2026, 2027}
    calendar = Calendar("8x5", "Europe/Madrid", WORK_WEEK, dict.fromkeys(madrid, ()))
    due = add_business_time(calendar, datetime.fromisoformat("2025-04-30T16:30+02:00"), hours(1))
    assert due == at("2025-05-05T09:30", "Europe/Madrid")
    with pytest.raises(CalendarError, match="country: no holidays are known for 'XX'"):
        holiday_dates("XX", None, [2026])
    with pytest.raises(CalendarError, match="region: ES has no region 'ZZ'"):
        holiday_dates("ES", "ZZ", [2026])
