"""What happens next, from every state; hours of a day over zones and changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.support.sla.rules import WHOLE_DAY, ClockKind, CounterState
from mainstay.support.tickets.rules import Sender, Severity, Source, Status
from mainstay.surfaces.portal.rules import (
    ListView,
    NextStep,
    Promised,
    Step,
    UnknownChoiceError,
    Whose,
    grouped_week,
    list_view,
    next_step,
    open_spans,
    whole_day,
)

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
MADRID = ZoneInfo("Europe/Madrid")
WEEK = (((540, 1020),),) * 5 + ((), ())


def promised(kind: ClockKind, state: CounterState, hours: float = 1) -> Promised:
    return Promised(kind, state, AT + hours * HOUR)


FIRST = promised(ClockKind.FIRST_RESPONSE, CounterState.DUE, 2)
FIX = promised(ClockKind.RESTORE, CounterState.DUE, 1)


@pytest.mark.parametrize(
    ("status", "last", "clocks", "step"),
    [
        (Status.OPEN, Sender.CUSTOMER, [FIX, FIRST], NextStep(Step.ANSWER_BY, FIRST.due_at)),
        (Status.OPEN, Sender.CUSTOMER, [], NextStep(Step.ANSWER_SOON)),
        (
            Status.OPEN,
            Sender.CUSTOMER,
            [promised(ClockKind.FIRST_RESPONSE, CounterState.BREACHED, -1)],
            NextStep(Step.ANSWER_LATE, AT - HOUR),
        ),
        (
            Status.IN_PROGRESS,
            Sender.AGENT,
            [promised(ClockKind.FIRST_RESPONSE, CounterState.MET), FIX],
            NextStep(Step.FIX_BY, FIX.due_at),
        ),
        (
            Status.IN_PROGRESS,
            Sender.AGENT,
            [FIX, promised(ClockKind.UPDATE, CounterState.DUE, 3)],
            NextStep(Step.UPDATE_BY, AT + 3 * HOUR),
        ),
        (
            Status.IN_PROGRESS,
            Sender.AGENT,
            [promised(ClockKind.RESTORE, CounterState.GOAL, 6)],
            NextStep(Step.FIX_GOAL, AT + 6 * HOUR),
        ),
        (
            Status.IN_PROGRESS,
            Sender.AGENT,
            [promised(ClockKind.RESTORE, CounterState.BREACHED, -2)],
            NextStep(Step.FIX_LATE, AT - 2 * HOUR),
        ),
        (Status.IN_PROGRESS, Sender.AGENT, [], NextStep(Step.WORKING)),
        (Status.WAITING, Sender.AGENT, [FIRST], NextStep(Step.YOUR_TURN)),
        (Status.RESOLVED, Sender.AGENT, [FIX], NextStep(Step.SOLVED, AT)),
        (Status.CLOSED, Sender.CUSTOMER, [FIRST], NextStep(Step.CLOSED)),
    ],
)
def test_what_happens_next(status: Status, last: Sender, clocks: list[Promised], step: NextStep) -> None:
    assert next_step(status, last, AT if status is Status.RESOLVED else None, clocks) == step


def test_a_view_is_its_address() -> None:
    assert list_view({}) == ListView()
    given_view = list_view(
        {"whose": "mine", "status": "open", "severity": "P1", "channel": "email", "q": " pump "}
    )
    assert given_view == ListView(
        whose=Whose.MINE, status=Status.OPEN, severity=Severity.P1, channel=Source.EMAIL, words="pump"
    )
    assert given_view.is_filtered
    assert not ListView(whose=Whose.MINE).is_filtered


@pytest.mark.parametrize("name", ["whose", "status", "severity", "channel"])
def test_an_unknown_choice_is_named(name: str) -> None:
    with pytest.raises(UnknownChoiceError, match=name):
        list_view({name: "surely-not"})


def test_days_with_the_same_hours_stand_together() -> None:
    assert grouped_week(WEEK) == [(0, 4, ((540, 1020),)), (5, 6, ())]
    assert grouped_week((WHOLE_DAY,) * 7) == [(0, 6, WHOLE_DAY)]


def test_todays_hours_are_the_readers() -> None:
    """An office in Madrid, read in Honolulu: its Tuesday begins on the reader's Monday evening."""
    reader = ZoneInfo("Pacific/Honolulu")
    day = whole_day(datetime(2026, 3, 2, 20, tzinfo=UTC), reader)
    assert open_spans(WEEK, {}, MADRID, *day) == [
        (datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 2, 16, tzinfo=UTC)),
        (datetime(2026, 3, 3, 8, tzinfo=UTC), datetime(2026, 3, 3, 10, tzinfo=UTC)),
    ]


def test_a_holiday_replaces_the_hours() -> None:
    day = whole_day(AT, MADRID)
    assert open_spans(WEEK, {date(2026, 3, 2): ()}, MADRID, *day) == []
    assert len(open_spans(WEEK, {date(2026, 3, 2): ((540, 600),)}, MADRID, *day)) == 1


def test_a_day_of_the_changed_clock_has_23_hours() -> None:
    day = whole_day(datetime(2026, 3, 29, 12, tzinfo=UTC), MADRID)
    assert day[1] - day[0] == 23 * HOUR
    assert open_spans((WHOLE_DAY,) * 7, {}, MADRID, *day) == [day]


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),
    st.sampled_from(["UTC", "Europe/Madrid", "America/New_York", "Asia/Kolkata"]),
)
def test_spans_lie_inside_and_in_order(naive: datetime, name: str) -> None:
    now = naive.replace(tzinfo=UTC)
    start, end = whole_day(now, ZoneInfo(name))
    assert start <= now < end
    edges = [edge for span in open_spans(WEEK, {}, MADRID, start, end) for edge in span]
    assert edges == sorted(edges)
    assert all(start <= edge <= end for edge in edges)
