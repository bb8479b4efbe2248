"""SLA-3 and lesson 3: which clock applies, when it clears, and what does not count."""

from datetime import timedelta

import pytest

from mainstay.support.sla.presets import matrix_presets
from mainstay.support.sla.rules import (
    ClockKind,
    Happening,
    TicketClocks,
    TicketEvent,
    apply_event,
    effective_severity,
    event_of_message,
    replay,
    terms_of_ticket,
    tick_all,
)

from .test_calendar import at, hours
from .test_matrix import CALENDARS

E = TicketEvent
FIRST, NEXT, RESTORE, UPDATE = ClockKind


class Ticket:
    """A ticket of a plan with 8x5 hours, told event by event on Wednesday, the 14th of October 2026."""

    def __init__(self, severity="P2", plan="professional"):
        self.state, self.severity, self.plan = TicketClocks(), severity, plan
        self.calendars = CALENDARS
        self.occurrences, self.changes = [], []

    def terms(self):
        matrix = matrix_presets()["standard"]
        return terms_of_ticket(matrix, self.plan, self.severity, self.calendars, "8x5")

    def on(self, clock_time, event, **changes):
        vars(self).update(changes)
        before = self.state
        outcome = apply_event(before, event, madrid(clock_time), terms=self.terms(), calendars=self.calendars)
        self.state = outcome.after
        self.occurrences += outcome.occurrences
        self.changes += outcome.changes
        return outcome.changed_since(before)

    def all(self, kind):
        return [clock for clock in self.state.clocks if clock.kind is kind]


def madrid(clock_time):
    return at(f"2026-10-14T{clock_time}" if len(clock_time) == 5 else clock_time, "Europe/Madrid")


def test_opening_starts_first_response_restore_and_update():
    ticket = Ticket()
    changed = ticket.on("09:00", E.OPENED)
    assert [(clock.number, clock.kind, clock.due_at) for clock in changed] == [
        (1, FIRST, madrid("17:00")),
        (2, RESTORE, madrid("17:00")),
        (3, UPDATE, madrid("13:00")),
    ]
    assert ticket.state.next_moment == madrid("12:00")
    assert ticket.state.next_due_at == madrid("13:00")


def test_lesson_3_a_public_reply_clears_first_response_and_begins_the_next_update():
    ticket = Ticket()
    ticket.on("09:00", E.OPENED)
    ticket.on("10:00", E.STAFF_REPLIED)
    assert ticket.all(FIRST)[0].met_at == madrid("10:00")
    first, second = ticket.all(UPDATE)
    assert (first.met_at, second.due_at) == (madrid("10:00"), madrid("14:00"))
    outcome = tick_all(ticket.state, madrid("18:00"))
    assert [(item.kind, item.happening) for item in outcome.occurrences if item.kind is FIRST] == []


def test_lesson_3_notes_and_auto_replies_satisfy_nothing():
    ticket = Ticket()
    ticket.on("09:00", E.OPENED)
    before = ticket.state
    assert ticket.on("09:10", E.AUTO_REPLIED) == ()
    assert ticket.on("09:20", E.NOTE_ADDED) == ()
    assert ticket.on("09:30", E.P1_PROPOSED) == ()
    assert ticket.state == before


def test_lesson_3_repeated_customer_messages_do_not_extend_a_deadline():
    ticket = Ticket()
    ticket.on("09:00", E.OPENED)
    assert ticket.on("09:30", E.CUSTOMER_WROTE) == ()
    ticket.on("10:00", E.STAFF_REPLIED)
    (started,) = ticket.on("11:00", E.CUSTOMER_WROTE)
    assert (started.kind, started.started_at) == (NEXT, madrid("11:00"))
    assert ticket.on("12:00", E.CUSTOMER_WROTE) == ()
    ticket.on("13:00", E.STAFF_REPLIED)
    assert ticket.all(NEXT)[0].met_at == madrid("13:00")
    ticket.on("14:00", E.CUSTOMER_WROTE)
    assert len(ticket.all(NEXT)) == 2


def test_lesson_3_a_message_before_the_operator_has_the_ticket_starts_nothing():
    assert Ticket().on("09:00", E.CUSTOMER_WROTE) == ()


def test_waiting_on_the_customer_pauses_restore_and_update_only():
    ticket = Ticket()
    ticket.on("09:00", E.OPENED)
    ticket.on("10:00", E.WAITING_BEGAN)
    assert ticket.state.is_waiting
    assert [clock.kind for clock in ticket.state.clocks if clock.paused_at] == [RESTORE, UPDATE]
    ticket.on("2026-10-15T09:30", E.WAITING_ENDED)
    assert not ticket.state.is_waiting
    (restored,) = ticket.all(RESTORE)
    assert (restored.consumed, restored.due_at) == (hours(1), madrid("2026-10-15T16:30"))


def test_a_reply_while_waiting_keeps_the_new_update_clock_paused():
    ticket = Ticket()
    ticket.on("09:00", E.OPENED)
    ticket.on("10:00", E.WAITING_BEGAN)
    ticket.on("11:00", E.STAFF_REPLIED)
    assert ticket.state.running(UPDATE).paused_at == madrid("11:00")
    ticket.on("12:00", E.WAITING_ENDED)
    assert ticket.state.running(UPDATE).due_at == madrid("16:00")


def test_resolving_meets_restore_and_stops_the_rest_and_reopening_starts_a_new_restore():
    ticket = Ticket()
    ticket.on("09:00", E.OPENED)
    ticket.on("11:00", E.RESOLVED)
    assert ticket.all(RESTORE)[0].met_at == madrid("11:00")
    assert ticket.all(FIRST)[0].stopped_at == ticket.all(UPDATE)[0].stopped_at == madrid("11:00")
    ticket.on("12:00", E.CUSTOMER_WROTE)
    ticket.on("12:00", E.REOPENED)
    assert [clock.due_at for clock in ticket.all(RESTORE)] == [madrid("17:00"), madrid("2026-10-15T12:00")]
    assert ticket.state.running(NEXT).started_at == madrid("12:00")
    assert ticket.state.running(UPDATE) is not None


@pytest.mark.parametrize("event", [E.MERGED, E.CLOSED])
def test_merging_and_closing_stop_every_clock(event):
    ticket = Ticket()
    ticket.on("09:00", E.OPENED)
    ticket.on("10:00", E.WAITING_BEGAN)
    ticket.on("11:00", event)
    assert all(clock.stopped_at == madrid("11:00") for clock in ticket.state.clocks)
    assert (ticket.state.next_moment, ticket.state.next_due_at) == (None, None)


def test_changed_severity_recomputes_from_the_beginning_and_says_so():
    ticket = Ticket("P3")
    ticket.on("09:00", E.OPENED)
    ticket.on("10:00", E.TERMS_CHANGED, severity="P2")
    assert ticket.state.running(RESTORE).due_at == madrid("17:00")
    assert ticket.state.running(UPDATE).due_at == madrid("13:00")
    said = {change.kind: (change.old_due_at, change.new_due_at) for change in ticket.changes}
    assert said[RESTORE] == (madrid("2026-10-15T17:00"), madrid("17:00"))
    assert said[UPDATE] == (None, madrid("13:00"))


def test_a_promise_that_appears_later_counts_from_when_it_was_owed_and_keeps_the_pauses():
    ticket = Ticket("P4", plan="free")
    ticket.on("09:00", E.OPENED)
    ticket.on("10:00", E.WAITING_BEGAN)
    ticket.on("12:00", E.WAITING_ENDED)
    assert ticket.state.next_moment is None
    ticket.on("13:00", E.TERMS_CHANGED, severity="P2", plan="business")
    assert ticket.state.running(FIRST).due_at == madrid("13:00")
    assert ticket.state.running(RESTORE).due_at == madrid("2026-10-15T11:00")


def test_replies_where_nothing_is_promised_make_no_row_after_row():
    ticket = Ticket("P3")
    ticket.on("09:00", E.OPENED)
    for clock_time in ("10:00", "11:00", "12:00"):
        ticket.on(clock_time, E.STAFF_REPLIED)
    (update,) = ticket.all(UPDATE)
    assert update.started_at == madrid("12:00")


def test_a_proposed_p1_runs_as_p3_until_somebody_confirms_it():
    assert effective_severity("P1", is_p1_confirmed=False) == "P3"
    assert effective_severity("P1", is_p1_confirmed=True) == "P1"
    assert effective_severity("P2", is_p1_confirmed=False) == "P2"
    ticket = Ticket("P3")
    ticket.on("09:00", E.OPENED)
    ticket.on("09:05", E.P1_PROPOSED)
    assert ticket.state.running(FIRST).due_at == madrid("2026-10-16T17:00")
    ticket.on("20:00", E.P1_CONFIRMED, severity="P1")
    old, new = ticket.all(FIRST)
    assert (old.stopped_at, new.started_at, new.due_at) == (madrid("20:00"), madrid("20:00"), madrid("22:00"))
    assert ticket.state.running(RESTORE).due_at == madrid("22:00")
    assert ticket.state.running(UPDATE).due_at == madrid("21:00")


def test_confirming_a_p1_that_was_answered_and_waits_starts_no_first_response_and_keeps_the_pause():
    ticket = Ticket("P3")
    ticket.on("09:00", E.OPENED)
    ticket.on("10:00", E.STAFF_REPLIED)
    ticket.on("10:00", E.WAITING_BEGAN)
    ticket.on("11:00", E.P1_CONFIRMED, severity="P1")
    assert ticket.state.running(FIRST) is None
    assert ticket.state.running(RESTORE).paused_at == madrid("11:00")


def test_p1_of_a_cheap_plan_has_a_goal_of_six_hours_that_is_never_breached():
    ticket = Ticket("P1", plan="starter")
    ticket.on("20:00", E.OPENED)
    goal = ticket.state.running(RESTORE)
    assert (goal.is_goal, goal.due_at) == (True, madrid("2026-10-15T02:00"))
    outcome = tick_all(ticket.state, madrid("2026-10-16T20:00"))
    assert {item.kind for item in outcome.occurrences} == {FIRST, UPDATE}
    assert outcome.after.next_due_at == madrid("21:00")


def test_a_breach_that_nobody_saw_yet_comes_before_what_happens_next():
    ticket = Ticket()
    ticket.on("09:00", E.OPENED)
    ticket.on("2026-10-15T10:00", E.WAITING_BEGAN)
    told = [(item.at, item.kind, item.happening) for item in ticket.occurrences]
    assert told == sorted(told, key=lambda item: item[0])
    assert (madrid("17:00"), RESTORE, Happening.BREACHED) in told
    assert len(set(told)) == len(told) == 6


def test_an_answer_at_the_due_moment_is_in_time():
    ticket = Ticket()
    ticket.on("09:00", E.OPENED)
    ticket.on("17:00", E.STAFF_REPLIED)
    (first,) = ticket.all(FIRST)
    assert (first.breached_at, first.is_late) == (None, False)


@pytest.mark.parametrize(
    ("sender", "is_public", "is_automatic", "event"),
    [
        ("agent", True, False, E.STAFF_REPLIED),
        ("agent", True, True, E.AUTO_REPLIED),
        ("agent", False, False, E.NOTE_ADDED),
        ("system", True, False, E.AUTO_REPLIED),
        ("customer", True, False, E.CUSTOMER_WROTE),
        ("customer", True, True, E.AUTO_REPLIED),
    ],
)
def test_what_a_message_means_to_the_clocks(sender, is_public, is_automatic, event):
    assert event_of_message(sender=sender, is_public=is_public, is_automatic=is_automatic) is event


def test_a_history_replayed_gives_the_same_clocks():
    ticket, told = Ticket(), []
    for clock_time, event in (
        ("09:00", E.OPENED),
        ("10:00", E.STAFF_REPLIED),
        ("12:00", E.WAITING_BEGAN),
        ("2026-10-15T11:00", E.CUSTOMER_WROTE),
        ("2026-10-15T11:00", E.WAITING_ENDED),
        ("2026-10-16T12:00", E.RESOLVED),
    ):
        ticket.on(clock_time, event)
        told.append((madrid(clock_time), event, ticket.terms(), ticket.calendars))
    assert replay(told) == ticket.state
    assert ticket.all(RESTORE)[0].consumed == timedelta(hours=3 + 6 + 3)
