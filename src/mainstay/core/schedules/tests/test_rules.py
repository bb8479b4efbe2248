"""The next moment, against a search that goes minute by minute (OPS-12)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.schedules.rules import (
    MOST_ATTEMPTS,
    Rhythm,
    Timing,
    is_missed,
    next_moment,
    next_try_at,
    timing,
)

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
timings = st.one_of(
    st.builds(Timing, st.just(Rhythm.DAILY), at=times),
    st.builds(Timing, st.just(Rhythm.WEEKLY), at=times, weekday=st.integers(0, 6)),
    st.builds(Timing, st.just(Rhythm.MONTHLY), at=times, day=st.integers(1, 31)),
    st.builds(Timing, st.just(Rhythm.INTERVAL), minutes=st.integers(5, 10080)),
)
moments = st.datetimes(
    datetime(2010, 1, 1),
    datetime(2030, 12, 31),
    timezones=st.sampled_from([ZoneInfo(zone) for zone in ZONES]),
)
zones = st.sampled_from(ZONES)


@given(timings)
def test_what_is_written_is_read(wanted: Timing) -> None:
    again = timing(str(wanted))
    assert str(again) == str(wanted)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert next_moment(again, "UTC", at) == next_moment(wanted, "UTC", at)


@given(timings, zones, moments)
def test_it_is_later_and_near(wanted: Timing, zone: str, after: datetime) -> None:
    longest = {Rhythm.DAILY: 2, Rhythm.WEEKLY: 8, Rhythm.MONTHLY: 32, Rhythm.INTERVAL: 7}[wanted.rhythm]
    moment = next_moment(wanted, zone, after)
    assert after < moment <= after + timedelta(days=longest, hours=25)


@given(timings, zones, moments, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_later_never_means_earlier_and_none_is_passed_over(
    wanted: Timing, zone: str, after: datetime, gap: timedelta
) -> None:
    """Asking from in between finds the same moment; asking from further on never an earlier one."""
    moment, later = next_moment(wanted, zone, after), next_moment(wanted, zone, after + gap)
    assert later == moment if after + gap < moment else later > moment


@given(timings, zones, moments)
def test_the_wall_clock_shows_the_time_or_stands_behind_a_gap(
    wanted: Timing, zone: str, after: datetime
) -> None:
    if wanted.rhythm is Rhythm.INTERVAL:
        return
    local = next_moment(wanted, zone, after).astimezone(ZoneInfo(zone))
    if local.time() != wanted.at:
        named = datetime.combine(local.date(), wanted.at, ZoneInfo(zone))
        back = named.astimezone(UTC).astimezone(ZoneInfo(zone))
        assert back.replace(tzinfo=None) != named.replace(tzinfo=None)  # this time did not exist
        return
    assert local.fold == 0
    if wanted.rhythm is Rhythm.WEEKLY:
        assert local.weekday() == wanted.weekday
    if wanted.rhythm is Rhythm.MONTHLY:
        assert local.day == wanted.day or (local.day < wanted.day and (local + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("words", "zone", "after", "expected"),
    [
        ("daily 03:00", "UTC", "2026-03-01T03:00+00:00", "2026-03-02T03:00+00:00"),
        # 02:30 does not exist on 29 March in Berlin, and comes twice on 25 October.
        ("daily 02:30", "Europe/Berlin", "2026-03-28T12:00+00:00", "2026-03-29T01:30+00:00"),
        ("daily 02:30", "Europe/Berlin", "2026-10-24T12:00+00:00", "2026-10-25T00:30+00:00"),
        ("daily 02:30", "Europe/Berlin", "2026-10-25T00:30+00:00", "2026-10-26T01:30+00:00"),
        ("weekly mon 04:00", "UTC", "2026-11-20T00:00+00:00", "2026-11-23T04:00+00:00"),
        ("monthly 31 05:00", "UTC", "2026-02-01T00:00+00:00", "2026-02-28T05:00+00:00"),
        ("monthly 31 05:00", "UTC", "2028-02-28T05:00+00:00", "2028-02-29T05:00+00:00"),
        ("monthly 31 05:00", "UTC", "2026-02-28T05:00+00:00", "2026-03-31T05:00+00:00"),
        ("every 60", "Asia/Kathmandu", "2026-11-20T10:00+00:00", "2026-11-20T11:00+00:00"),
        # Samoa had no 30 December 2011.
        ("daily 03:00", "Pacific/Apia", "2011-12-29T14:00+00:00", "2011-12-30T13:00+00:00"),
        ("daily 03:00", "Pacific/Apia", "2011-12-30T13:00+00:00", "2011-12-31T13:00+00:00"),
    ],
)
def test_days_that_are_odd(words: str, zone: str, after: str, expected: str) -> None:
    assert next_moment(timing(words), zone, datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "words",
    ["", "daily", "daily 3:00", "daily 24:00", "weekly 04:00", "weekly tos 04:00", "monthly 0 01:00",
     "monthly 32 01:00", "every 4", "every 10081", "every", "yearly 01:00"],
)  # fmt: skip
def test_nonsense_is_refused(words: str) -> None:
    with pytest.raises(ValueError):
        timing(words)


def test_a_moment_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        next_moment(timing("daily 03:00"), "UTC", datetime(2026, 1, 1))


def test_tries_end() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    pauses = [next_try_at(n, at) for n in range(1, MOST_ATTEMPTS)]
    assert pauses == sorted(pauses)
    assert next_try_at(MOST_ATTEMPTS, at) is None


def test_missed_is_later_than_allowed() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert not is_missed(at, timedelta(hours=1), at + timedelta(hours=1))
    assert is_missed(at, timedelta(hours=1), at + timedelta(hours=1, seconds=1))
