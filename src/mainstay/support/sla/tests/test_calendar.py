"""SLA-1 and what other desks learned about business hours."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mainstay.support.sla.rules.calendar import (
    WHOLE_DAY,
    Calendar,
    CalendarError,
    NeverOpenError,
    add_business_time,
    business_time_between,
    day_length,
    hours_from_text,
    is_open,
    next_close,
    next_open,
)

OFFICE = ((540, 1020),)
WORK_WEEK = (OFFICE,) * 5 + ((), ())
ALWAYS = (WHOLE_DAY,) * 7


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def office(zone: str = "UTC", holidays=None) -> Calendar:
    return Calendar("8x5", zone, WORK_WEEK, holidays or {})


def local(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).isoformat()[:16]


def test_lesson_1_friday_half_past_four_plus_an_hour_is_monday_half_past_nine():
    due = add_business_time(office("Europe/Madrid"), at("2026-10-16T16:30", "Europe/Madrid"), hours(1))
    assert local(due, "Europe/Madrid") == "2026-10-19T09:30"


def test_lesson_1_lunch_breaks_are_closed():
    lunch = Calendar("lunch", "UTC", (((540, 780), (840, 1080)),) * 5 + ((), ()))
    assert add_business_time(lunch, at("2026-10-14T12:30"), hours(1)) == at("2026-10-14T14:30")
    assert business_time_between(lunch, at("2026-10-14T13:10"), at("2026-10-14T13:50")) == timedelta(0)
    assert day_length(lunch) == hours(8)


def test_lesson_1_the_last_minute_before_midnight_is_kept():
    until_midnight = Calendar("24x5", "UTC", (WHOLE_DAY,) * 5 + ((), ()))
    start = at("2026-10-14T23:00")
    assert add_business_time(until_midnight, start, hours(2)) == at("2026-10-15T01:00")
    assert is_open(until_midnight, at("2026-10-14T23:59:59.999999"))
    assert hours_from_text("00:00-23:59") == hours_from_text("00:00-24:00") == (0, 1440)


def test_lesson_1_the_hour_that_the_clock_skips_and_the_hour_it_shows_twice():
    whole = Calendar("24x5", "Europe/Madrid", ALWAYS, {date(2030, 1, 1): ()})
    assert business_time_between(
        whole, at("2026-03-29T00:00", "Europe/Madrid"), at("2026-03-30T00:00", "Europe/Madrid")
    ) == hours(23)
    assert business_time_between(
        whole, at("2026-10-25T00:00", "Europe/Madrid"), at("2026-10-26T00:00", "Europe/Madrid")
    ) == hours(25)
    night = Calendar("night", "Europe/Madrid", (((90, 150),),) * 7)  # 01:30-02:30
    skipped = at("2026-03-29T00:00", "Europe/Madrid")
    assert business_time_between(night, skipped, skipped + hours(12)) == timedelta(minutes=30)
    twice = at("2026-10-25T00:00", "Europe/Madrid")
    assert business_time_between(night, twice, twice + hours(12)) == timedelta(minutes=90)


def test_lesson_4_the_zone_of_the_calendar_decides():
    noon = at("2026-10-14T12:00")
    assert is_open(office("Europe/Madrid"), noon)
    assert not is_open(office("America/Los_Angeles"), noon)
    assert local(next_open(office("America/Los_Angeles"), noon), "America/Los_Angeles") == "2026-10-14T09:00"


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # the clock went from 00:00 to 01:00
        ("America/Sao_Paulo", date(2019, 2, 16), 25),  # 24:00 became 23:00
        ("Africa/Cairo", date(2024, 4, 26), 23),
        ("Africa/Cairo", date(2024, 10, 31), 25),
        ("Asia/Beirut", date(2024, 3, 31), 23),
        ("Australia/Lord_Howe", date(2024, 4, 7), 24.5),
        ("Australia/Lord_Howe", date(2024, 10, 6), 23.5),
        ("Pacific/Apia", date(2011, 12, 30), 0),  # this Friday did not happen
        ("Pacific/Apia", date(2011, 12, 31), 24),
        ("Asia/Kathmandu", date(2024, 6, 3), 24),
        ("Asia/Kathmandu", date(1986, 1, 1), 23.75),
        ("America/New_York", date(2024, 3, 10), 23),
        ("America/New_York", date(2024, 11, 3), 25),
        ("Europe/London", date(2024, 2, 29), 24),
    ],
)
def test_length_of_a_day_on_the_wall_clock(zone, day, length):
    only_this_day = Calendar("day", zone, ((),) * 7, {day: WHOLE_DAY})
    middle = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert business_time_between(only_this_day, middle - hours(72), middle + hours(72)) == hours(length)


def test_holidays_replace_the_hours_of_their_date():
    calendar = office(holidays={date(2026, 12, 25): (), date(2026, 12, 24): ((540, 720),)})
    assert add_business_time(calendar, at("2026-12-24T11:00"), hours(2)) == at("2026-12-28T10:00")
    assert not is_open(calendar, at("2026-12-24T12:00"))
    special_sunday = office(holidays={date(2026, 10, 18): ((600, 660),)})
    assert next_open(special_sunday, at("2026-10-17T00:00")) == at("2026-10-18T10:00")


def test_a_holiday_is_a_date_from_midnight_to_midnight_also_for_night_shifts():
    night = Calendar("night", "UTC", (((1320, 360),),) * 7, {date(2026, 12, 25): ()})
    assert next_close(night, at("2026-12-24T23:00")) == at("2026-12-25T00:00")
    assert next_open(night, at("2026-12-25T03:00")) == at("2026-12-26T00:00")


def test_night_shifts_run_over_midnight_and_the_end_of_the_week():
    night = Calendar("night", "UTC", ((),) * 6 + (((1320, 360),),))  # Sunday 22:00 - Monday 06:00
    assert add_business_time(night, at("2026-10-18T23:00"), hours(6)) == at("2026-10-19T05:00")
    assert day_length(Calendar("night", "UTC", (((1320, 360),),) * 5 + ((), ()))) == hours(8)


def test_amounts_end_at_the_earliest_moment():
    calendar = office()
    assert add_business_time(calendar, at("2026-10-16T16:00"), hours(1)) == at("2026-10-16T17:00")
    assert add_business_time(calendar, at("2026-10-16T20:00"), hours(8)) == at("2026-10-19T17:00")
    assert add_business_time(calendar, at("2026-10-17T10:00"), timedelta(0)) == at("2026-10-17T10:00")
    assert add_business_time(calendar, at("2026-10-16T16:59:59.999999"), timedelta(microseconds=2)) == at(
        "2026-10-19T09:00:00.000001"
    )


def test_twenty_four_hours_of_8x5_are_three_working_days():
    assert add_business_time(office(), at("2026-10-17T11:00"), hours(24)) == at("2026-10-21T17:00")


def test_always_open_is_recognised():
    always = Calendar("24x7", "Europe/Madrid", (((0, 720), (720, 1440)),) * 7)
    assert always.always_open
    assert next_close(always, at("2026-10-14T12:00")) is None
    assert day_length(always) == hours(24)
    closed_once = Calendar("24x7", "UTC", ALWAYS, {date(2026, 1, 1): ()})
    assert not closed_once.always_open
    assert next_close(closed_once, at("2025-12-30T12:00")) == at("2026-01-01T00:00")
    assert next_close(closed_once, at("2026-12-30T12:00")) is None


def test_openings_join_over_midnight_and_new_year():
    around = Calendar("24x5", "UTC", (WHOLE_DAY,) * 5 + ((), ()))
    assert next_close(around, at("2026-12-30T12:00")) == at("2027-01-02T00:00")


def test_days_of_different_length_count_as_the_usual_one():
    weekly = (((540, 1020),),) * 4 + (((540, 780),), (), ())
    assert day_length(Calendar("short friday", "UTC", weekly)) == hours(8)


def test_never_open_is_said_and_rare_hours_are_found():
    never = Calendar("never", "UTC", ((),) * 7)
    with pytest.raises(NeverOpenError, match="never open in the ten years after 2026-10-14 12:00 UTC"):
        add_business_time(never, at("2026-10-14T12:00"), hours(1))
    with pytest.raises(NeverOpenError):
        next_open(never, at("2026-10-14T12:00"))
    with pytest.raises(NeverOpenError):
        day_length(never)
    assert not is_open(never, at("2026-10-14T12:00"))
    assert business_time_between(never, at("2026-10-14T12:00"), at("2036-10-14T12:00")) == timedelta(0)
    rare = Calendar("rare", "UTC", ((),) * 7, {date(2027, 6, 1): OFFICE, date(2035, 6, 1): OFFICE})
    assert add_business_time(rare, at("2026-10-14T12:00"), hours(9)) == at("2035-06-01T10:00")
    with pytest.raises(NeverOpenError, match="after 2035-06-01 17:00"):
        add_business_time(rare, at("2026-10-14T12:00"), hours(17))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Calendar("x", "Mars/Base", WORK_WEEK), "zone: 'Mars/Base'"),
        (lambda: Calendar("x", "UTC", WORK_WEEK[:5]), "weekly: seven days are needed, not 5"),
        (lambda: Calendar("x", "UTC", (((540, 1500),), *WORK_WEEK[1:])), "monday: 09:00-25:00 is outside"),
        (lambda: Calendar("x", "UTC", (((540, 540),), *WORK_WEEK[1:])), "monday: 09:00-09:00 is empty"),
        (lambda: office(holidays={date(2026, 1, 1): ((1320, 60),)}), "holidays.2026-01-01"),
        (lambda: add_business_time(office(), datetime(2026, 1, 1), hours(1)), "time zone is needed"),
        (lambda: is_open(office(), datetime(2026, 1, 1)), "time zone is needed"),
        (lambda: add_business_time(office(), at("2026-01-01T00:00"), hours(-1)), "amount: .* is negative"),
        (lambda: add_business_time(office(), at("1700-01-01T00:00"), hours(1)), "from 1900 to 2300"),
        (lambda: hours_from_text("9 to 5"), "'9 to 5'"),
        (lambda: hours_from_text("09:00-24:01"), "'24:01'"),
        (lambda: hours_from_text("09:60-12:00"), "'09:60'"),
    ],
)
def test_bad_input_is_named(build, message):
    with pytest.raises(CalendarError, match=message):
        build()


def test_calendars_are_values():
    one, two = office("Europe/Madrid"), office("Europe/Madrid")
    assert one == two
    assert hash(one) == hash(two)
    assert one.timeline is two.timeline
    for copied in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert copied == one
    with pytest.raises(TypeError):
        one.holidays[date(2026, 1, 1)] = ()


def test_many_threads_may_grow_one_calendar():
    calendar = Calendar("8x5", "Asia/Tehran", WORK_WEEK, {date(2027, 1, 2): ()})
    starts = [datetime(1990 + (index * 7) % 60, 5, 1, tzinfo=UTC) for index in range(400)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda start: add_business_time(calendar, start, hours(30)), starts))
    alone = Calendar("alone", "Asia/Tehran", WORK_WEEK, {date(2027, 1, 2): (), date(1901, 1, 1): ()})
    assert together == [add_business_time(alone, start, hours(30)) for start in starts]
