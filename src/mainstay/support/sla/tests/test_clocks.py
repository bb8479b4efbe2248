"""SLA-3, SLA-4: one clock, moment by moment, on Wednesday the 14th of October 2026 and after."""

from datetime import timedelta

import pytest

from mainstay.support.sla.rules import (
    Calendar,
    ClockKind,
    CounterState,
    Happening,
    Terms,
    clocks,
    counter,
    next_moment,
    recompute,
    tick,
)

from .test_calendar import at, hours, office

EIGHT = Terms(hours(8), office())
NINE = at("2026-10-14T09:00")


def wednesday(clock_time: str):
    return at(f"2026-10-14T{clock_time}")


def restore(terms=EIGHT, started=NINE):
    return clocks.start(1, ClockKind.RESTORE, terms, started)


def test_it_starts_with_due_and_warning_moments():
    clock = restore()
    assert (clock.due_at, clock.warn_at) == (wednesday("17:00"), wednesday("15:00"))
    assert next_moment(clock) == wednesday("15:00")
    assert counter(clock, wednesday("15:48")).delta == timedelta(hours=1, minutes=12)


def test_it_warns_and_breaches_once_each_at_the_moment_that_was_due():
    clock, none = tick(restore(), wednesday("14:59"))
    assert none == ()
    clock, warned = tick(clock, wednesday("15:30"))
    assert [(item.happening, item.at) for item in warned] == [(Happening.WARNED, wednesday("15:00"))]
    assert next_moment(clock) == wednesday("17:00")
    clock, breached = tick(clock, wednesday("23:00"))
    assert [(item.happening, item.at) for item in breached] == [(Happening.BREACHED, wednesday("17:00"))]
    assert next_moment(clock) is None
    assert tick(clock, at("2026-10-20T00:00")) == (clock, ())
    assert counter(clock, wednesday("17:04")).state is CounterState.BREACHED
    assert counter(clock, wednesday("17:04")).delta == -timedelta(minutes=4)


def test_a_late_watch_says_both_in_due_order():
    _, found = tick(restore(), at("2026-10-16T00:00"))
    assert [item.happening for item in found] == [Happening.WARNED, Happening.BREACHED]


def test_lesson_2_paused_time_is_counted_in_business_time():
    calendar = office()
    clock, _ = tick(restore(), wednesday("15:30"))
    clock = clocks.pause(clock, calendar, wednesday("16:00"))
    assert (clock.consumed, clock.due_at, clock.paused_at) == (hours(7), None, wednesday("16:00"))
    assert next_moment(clock) is None
    shown = counter(clock, at("2026-10-18T12:00"))
    assert (shown.state, shown.remaining) == (CounterState.PAUSED, hours(1))
    overnight = clocks.resume(clock, calendar, at("2026-10-15T03:00"))
    assert overnight.due_at == at("2026-10-15T10:00")
    again = clocks.pause(overnight, calendar, at("2026-10-15T09:30"))
    assert again.consumed == hours(7.5)
    assert clocks.resume(again, calendar, at("2026-10-17T12:00")).due_at == at("2026-10-19T09:30")


def test_lesson_2_changed_holidays_recompute_what_already_ran():
    calendar = office()
    clock = clocks.pause(restore(), calendar, wednesday("16:00"))
    clock = clocks.resume(clock, calendar, at("2026-10-15T09:00"))
    closed = office(holidays={at("2026-10-14T00:00").date(): ()})
    changed, change = recompute(clock, Terms(hours(8), closed), at("2026-10-15T09:05"))
    assert changed.consumed == timedelta(0)
    assert (change.old_due_at, change.new_due_at) == (at("2026-10-15T10:00"), at("2026-10-15T17:00"))
    assert recompute(changed, Terms(hours(8), closed), at("2026-10-15T09:05")) == (changed, None)


def test_a_breach_that_new_terms_put_into_the_future_is_taken_back_and_can_come_again():
    clock, _ = tick(restore(Terms(hours(1), office())), wednesday("11:00"))
    assert clock.breached_at == wednesday("10:00")
    clock, change = recompute(clock, EIGHT, wednesday("11:00"))
    assert (clock.breached_at, clock.warned_at, clock.due_at) == (None, None, wednesday("17:00"))
    assert (change.old_amount, change.new_amount) == (hours(1), hours(8))
    _, again = tick(clock, wednesday("18:00"))
    assert [item.happening for item in again] == [Happening.WARNED, Happening.BREACHED]


def test_shorter_terms_breach_at_the_next_tick_only_once():
    clock, _ = recompute(restore(), Terms(hours(1), office()), wednesday("11:00"))
    assert clock.breached_at is None
    clock, found = tick(clock, wednesday("11:00"))
    assert [item.at for item in found] == [wednesday("09:45"), wednesday("10:00")]
    clock, _ = recompute(clock, Terms(hours(0.5), office()), wednesday("11:30"))
    assert clock.breached_at == wednesday("09:30")
    assert tick(clock, wednesday("12:00"))[1] == ()


def test_late_meeting_keeps_both_times():
    clock, _ = tick(restore(), wednesday("20:00"))
    clock = clocks.meet(clock, office(), at("2026-10-15T10:00"))
    assert (clock.breached_at, clock.met_at) == (wednesday("17:00"), at("2026-10-15T10:00"))
    assert clock.consumed == hours(9)
    shown = counter(clock, at("2026-12-01T00:00"))
    assert (shown.state, shown.is_late, shown.delta) == (CounterState.MET, True, -hours(17))


def test_the_due_moment_itself_is_in_time():
    clock = clocks.meet(restore(), office(), wednesday("17:00"))
    assert (clock.breached_at, clock.is_late) == (None, False)
    late = clocks.meet(restore(), office(), wednesday("17:00") + timedelta(microseconds=1))
    assert late.breached_at == wednesday("17:00")


def test_a_goal_is_shown_but_never_warned_or_breached():
    goal = restore(Terms(hours(6), Calendar("24x7", "UTC", (((0, 1440),),) * 7), is_goal=True))
    assert (goal.due_at, goal.warn_at, next_moment(goal)) == (wednesday("15:00"), None, None)
    assert tick(goal, wednesday("23:00")) == (goal, ())
    shown = counter(goal, wednesday("16:00"))
    assert (shown.state, shown.delta, shown.is_late) == (CounterState.GOAL, -hours(1), True)
    met = clocks.meet(goal, office(), wednesday("23:00"))
    assert (met.breached_at, met.is_late) == (None, True)


def test_a_promise_that_becomes_a_goal_loses_its_breach():
    clock, _ = tick(restore(), wednesday("20:00"))
    clock, _ = recompute(clock, Terms(hours(8), office(), is_goal=True), wednesday("20:00"))
    assert (clock.breached_at, clock.warned_at) == (None, None)


def test_best_effort_measures_and_is_never_due():
    clock = clocks.start(1, ClockKind.RESTORE, None, NINE)
    assert (clock.due_at, next_moment(clock)) == (None, None)
    assert counter(clock, NINE).state is CounterState.NONE
    promised, change = recompute(clock, EIGHT, wednesday("12:00"))
    assert (promised.due_at, change.old_due_at) == (wednesday("17:00"), None)


@pytest.mark.parametrize("ending", [clocks.meet, clocks.stop])
def test_what_ended_stays_as_it_ended(ending):
    ended = ending(restore(), office(), wednesday("10:00"))
    later = wednesday("12:00")
    assert ended.consumed == hours(1)
    assert ended.due_at == wednesday("17:00")
    for step in (clocks.pause, clocks.resume, clocks.meet, clocks.stop):
        assert step(ended, office(), later) == ended
    assert recompute(ended, Terms(hours(1), office()), later) == (ended, None)
    assert tick(ended, at("2027-01-01T00:00")) == (ended, ())
    assert next_moment(ended) is None


def test_a_breached_clock_that_pauses_stays_breached():
    clock, _ = tick(restore(), wednesday("20:00"))
    paused = clocks.pause(clock, office(), wednesday("21:00"))
    assert counter(paused, wednesday("21:00")).state is CounterState.BREACHED
    assert paused.due_at == wednesday("17:00")


def test_events_that_come_in_the_wrong_order_do_not_count_backwards():
    clock = clocks.pause(restore(), office(), wednesday("08:00"))
    assert (clock.consumed, clock.runs) == (timedelta(0), ((NINE, NINE),))


def test_the_two_passes_of_an_hour_are_told_apart_in_any_zone():
    around = Terms(hours(8), Calendar("24x7", "UTC", (((0, 1440),),) * 7))
    first, second = (at("2026-10-25T02:30", "Europe/Madrid", fold=fold) for fold in (0, 1))
    clock = clocks.pause(restore(around, first), around.calendar, second)
    assert clock.consumed == hours(1)
