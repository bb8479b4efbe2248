"""The calendar against a minute-by-minute count, in many zones, around the days when clocks change."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.support.sla.rules.calendar import (
    Calendar,
    NeverOpenError,
    add_business_time,
    business_time_between,
    is_open,
    next_close,
    next_open,
)

from . import oracle

# Zone and a date near which its clock did something: both directions, half hours, midnight, a skipped date.
CHANGES = [
    ("Europe/Madrid", date(2026, 3, 29)),
    ("Europe/Madrid", date(2026, 10, 25)),
    ("America/New_York", date(2024, 3, 10)),
    ("America/New_York", date(2024, 11, 3)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2019, 2, 17)),
    ("Africa/Cairo", date(2024, 4, 26)),
    ("Africa/Cairo", date(2024, 11, 1)),
    ("Asia/Beirut", date(2024, 3, 31)),
    ("Asia/Beirut", date(2024, 10, 27)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Australia/Lord_Howe", date(2024, 4, 7)),
    ("Australia/Lord_Howe", date(2024, 10, 6)),
    ("Africa/Casablanca", date(2024, 3, 10)),
    ("America/St_Johns", date(2006, 10, 29)),
    ("Asia/Kathmandu", date(1986, 1, 1)),
    ("Pacific/Chatham", date(2024, 9, 29)),
    ("America/Santiago", date(2024, 9, 8)),
    ("Asia/Tehran", date(2021, 3, 22)),
    ("Antarctica/Troll", date(2024, 3, 31)),
    ("Pacific/Kwajalein", date(1993, 8, 21)),
    ("UTC", date(2024, 2, 29)),
    ("Asia/Kolkata", date(2025, 1, 1)),
]

minutes_of_day = st.integers(0, 1439)
spans = st.tuples(minutes_of_day, st.integers(0, 1440)).filter(lambda span: span[0] != span[1])
forward_spans = st.tuples(minutes_of_day, st.integers(1, 1440)).filter(lambda span: span[0] < span[1])
weeks = st.tuples(*[st.lists(spans, max_size=2).map(tuple) for _ in range(7)])
usual_weeks = st.sampled_from(
    [
        (((540, 1020),),) * 5 + ((), ()),
        (((0, 1440),),) * 5 + ((), ()),
        (((0, 1440),),) * 7,
        (((1320, 360),),) * 7,
        (((0, 60), (90, 150), (180, 1439)),) * 7,
    ]
)


@st.composite
def scenes(draw):
    zone, change = draw(st.sampled_from(CHANGES))
    holidays = draw(
        st.dictionaries(
            st.integers(-3, 6).map(lambda days: change + timedelta(days=days)),
            st.lists(forward_spans, max_size=2).map(tuple),
            max_size=3,
        )
    )
    midnight = datetime(change.year, change.month, change.day, tzinfo=UTC)
    start = midnight + timedelta(minutes=draw(st.integers(-3 * 1440, 2 * 1440)))
    return zone, draw(weeks | usual_weeks), holidays, start


def calendar_of(scene) -> Calendar:
    zone, weekly, holidays, _ = scene
    return Calendar("any", zone, weekly, holidays)


@settings(max_examples=150, deadline=None)
@given(scenes(), st.integers(1, 4 * 1440))
def test_adding_is_what_counting_minutes_says(scene, minutes):
    zone, weekly, holidays, start = scene
    expected = oracle.add(zone, weekly, holidays, start, minutes, patience=12 * 1440)
    if expected is not None:
        assert add_business_time(calendar_of(scene), start, timedelta(minutes=minutes)) == expected


@settings(max_examples=150, deadline=None)
@given(scenes(), st.integers(0, 6 * 1440))
def test_between_is_what_counting_minutes_says(scene, minutes):
    zone, weekly, holidays, start = scene
    end = start + timedelta(minutes=minutes)
    counted = oracle.between(zone, weekly, holidays, start, end)
    assert business_time_between(calendar_of(scene), start, end) == timedelta(minutes=counted)


@settings(max_examples=150, deadline=None)
@given(scenes())
def test_opening_and_closing_are_what_looking_each_minute_says(scene):
    zone, weekly, holidays, start = scene
    calendar = calendar_of(scene)
    seen = [oracle.open_at(zone, weekly, holidays, start + timedelta(minutes=n)) for n in range(4 * 1440)]
    assert is_open(calendar, start) == seen[0]
    if True in seen:
        first_open = seen.index(True)
        assert next_open(calendar, start) == start + timedelta(minutes=first_open)
        if False in seen[first_open:]:
            assert next_close(calendar, start) == start + timedelta(minutes=seen.index(False, first_open))


amounts = st.timedeltas(timedelta(0), timedelta(days=40))


@settings(max_examples=300, deadline=None)
@given(scenes(), st.timedeltas(timedelta(0), timedelta(minutes=1)), amounts, amounts)
def test_adding_and_measuring_undo_each_other(scene, fraction, one, two):
    calendar, start = calendar_of(scene), scene[3] + fraction
    try:
        first = add_business_time(calendar, start, one)
        both = add_business_time(calendar, start, one + two)
    except NeverOpenError:
        return
    assert business_time_between(calendar, start, first) == one
    assert business_time_between(calendar, first, start) == -one
    assert first <= both
    assert add_business_time(calendar, first, two) == both
    assert business_time_between(calendar, start, both) == one + business_time_between(calendar, first, both)


@settings(max_examples=200, deadline=None)
@given(scenes(), amounts, amounts)
def test_a_later_start_is_never_due_earlier(scene, amount, delay):
    calendar, start = calendar_of(scene), scene[3]
    try:
        assert add_business_time(calendar, start, amount) <= add_business_time(
            calendar, start + delay, amount
        )
    except NeverOpenError:
        return
