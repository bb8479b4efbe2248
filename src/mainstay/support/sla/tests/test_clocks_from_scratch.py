"""Whatever happens to a ticket, its clocks are what a naive reading of the whole story gives.

The reader below knows nothing of the table of operations: it writes down who waited for what and when, and
works out the rest at the end, under the terms that were last in force.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mainstay.support.sla.presets import matrix_presets
from mainstay.support.sla.rules import (
    Calendar,
    TicketClocks,
    TicketEvent,
    add_business_time,
    apply_event,
    business_time_between,
    terms_of_ticket,
    tick_all,
)

from .test_calendar import WORK_WEEK, at
from .test_matrix import CALENDARS

E = TicketEvent
CLOSED_DAYS = [date(2026, 10, 23), date(2026, 10, 26)]
# Ticks fall between the whole minutes of events, so nothing is due exactly when it is looked at.
BETWEEN = timedelta(seconds=31)


@dataclass
class Story:
    kind: str
    began: datetime
    terms: object
    spans: list = field(default_factory=list)  # [since, until]; until None while it runs
    met: datetime | None = None
    stopped: datetime | None = None
    ran_to_the_end: bool = False

    @property
    def is_over(self) -> bool:
        return bool(self.met or self.stopped)

    def is_paused(self) -> bool:
        return not self.is_over and self.spans[-1][1] is not None

    def close_span(self, now):
        if self.spans[-1][1] is None:
            self.spans[-1][1] = now

    def facts(self, now):
        calendar = self.terms.calendar if self.terms else None
        spans = [span for span in self.spans if span[1] is not None]
        consumed = (
            sum((business_time_between(calendar, *span) for span in spans), timedelta(0))
            if calendar
            else sum((until - since for since, until in spans), timedelta(0))
        )
        due = warn = None
        if self.terms:
            due = self.reached(self.terms.amount)
            if not self.terms.is_goal:
                warn = self.reached(self.terms.amount * 3 / 4)
        seen_until = self.met or self.stopped or now
        breached = due if due and due < seen_until and not self.terms.is_goal else None
        warned = warn if warn and warn < seen_until else None
        return (self.kind, self.began, consumed, due, warned, breached, self.met, self.stopped)

    def reached(self, amount):
        for number, (since, until) in enumerate(self.spans, start=1):
            moment = add_business_time(self.terms.calendar, since, amount)
            # A span that an ending closed would have gone on: the due moment stays the one in force.
            is_cut = self.ran_to_the_end and number == len(self.spans)
            if until is None or moment <= until or is_cut:
                return moment
            amount -= business_time_between(self.terms.calendar, since, until)
        return None


class Reader:
    def __init__(self):
        self.stories: list[Story] = []

    def live(self, kind):
        return next((story for story in self.stories if story.kind == kind and not story.is_over), None)

    def begin(self, kind, now, terms, is_paused=False):
        self.stories.append(Story(kind, now, terms.get(kind), [[now, now if is_paused else None]]))

    def end(self, kind, now, how):
        if story := self.live(kind):
            story.ran_to_the_end = not story.is_paused()
            story.close_span(now)
            setattr(story, how, now)
        return story

    def read(self, event, now, terms):
        {
            E.OPENED: lambda: self.begin_missing(("first_response", "restore", "update"), now, terms),
            E.REOPENED: lambda: self.begin_missing(("restore", "update"), now, terms),
            E.STAFF_REPLIED: lambda: self.answered(now, terms),
            E.CUSTOMER_WROTE: lambda: self.asked(now, terms),
            E.WAITING_BEGAN: lambda: self.waits(now),
            E.WAITING_ENDED: lambda: self.goes_on(now),
            E.RESOLVED: lambda: (self.end("restore", now, "met"), self.end_all(now)),
            E.MERGED: lambda: self.end_all(now),
            E.CLOSED: lambda: self.end_all(now),
            E.TERMS_CHANGED: lambda: self.new_terms(terms),
            E.P1_CONFIRMED: lambda: self.begin_again(now, terms),
        }.get(event, lambda: None)()

    def begin_missing(self, kinds, now, terms):
        for kind in kinds:
            if not self.live(kind):
                self.begin(kind, now, terms)

    def answered(self, now, terms):
        self.end("first_response", now, "met")
        self.end("next_response", now, "met")
        self.renew_update(now, terms)

    def asked(self, now, terms):
        if not (self.live("first_response") or self.live("next_response")):
            self.begin("next_response", now, terms)

    def waits(self, now):
        for kind in ("restore", "update"):
            if story := self.live(kind):
                story.close_span(now)

    def goes_on(self, now):
        for kind in ("restore", "update"):
            if (story := self.live(kind)) and story.is_paused():
                story.spans.append([now, None])

    def end_all(self, now):
        for kind in ("first_response", "next_response", "restore", "update"):
            self.end(kind, now, "stopped")

    def new_terms(self, terms):
        for story in self.stories:
            if not story.is_over:
                story.terms = terms.get(story.kind)

    def begin_again(self, now, terms):
        for kind in ("first_response", "next_response", "restore", "update"):
            if story := self.live(kind):
                was_paused = story.is_paused()
                self.end(kind, now, "stopped")
                self.begin(kind, now, terms, was_paused)

    def renew_update(self, now, terms):
        story = self.live("update")
        if story is None:
            return
        was_paused = story.is_paused()
        if story.terms is None:
            self.stories.remove(story)
        else:
            self.end("update", now, "met")
        self.begin("update", now, terms, was_paused)


severities = st.sampled_from(["P1", "P2", "P3", "P4"])


class TicketLife(RuleBasedStateMachine):
    @initialize(
        severity=st.sampled_from(["P1", "P2", "P3", "P4"]), plan=st.sampled_from(["free", "business"])
    )
    def open(self, severity, plan):
        self.now = at("2026-10-21T08:00")  # in Madrid the clock goes back on the 25th
        self.severity, self.plan, self.hours, self.closed = severity, plan, "8x5", ()
        self.state, self.reader, self.acted_on, self.recomputed = TicketClocks(), Reader(), [], 0
        self.happens(E.OPENED, 0)

    def calendars(self):
        holidays = dict.fromkeys(self.closed, ())
        return CALENDARS | {"8x5": Calendar("8x5", "Europe/Madrid", WORK_WEEK, holidays)}

    def happens(self, event, minutes):
        self.now += timedelta(minutes=minutes)
        matrix = matrix_presets()["standard"]
        terms = terms_of_ticket(matrix, self.plan, self.severity, self.calendars(), self.hours)
        outcome = apply_event(self.state, event, self.now, terms=terms, calendars=self.calendars())
        assert [clock.number - 1 for clock in outcome.after.clocks] == list(range(len(outcome.after.clocks)))
        self.act_on(outcome)
        self.recomputed += event is E.TERMS_CHANGED
        self.reader.read(event, self.now, terms)

    def act_on(self, outcome):
        # Only other terms can make the same clock warn or breach again.
        found = [(self.recomputed, item.number, item.happening) for item in outcome.occurrences]
        moments = [item.at for item in outcome.occurrences]
        assert moments == sorted(moments)
        assert not set(found) & set(self.acted_on)
        assert len(found) == len(set(found))
        self.acted_on += found
        self.state = outcome.after

    delays = st.sampled_from([0, 1, 14, 60, 119, 240, 480, 1440, 4000])

    @rule(event=st.sampled_from([e for e in E if e is not E.TERMS_CHANGED]), minutes=delays)
    def something_happens(self, event, minutes):
        if event is E.P1_CONFIRMED:
            self.severity = "P1"
        self.happens(event, minutes)

    @rule(
        severity=severities,
        plan=st.sampled_from(["free", "professional", "enterprise"]),
        hours=st.sampled_from(["8x5", "24x5"]),
        closed=st.sets(st.sampled_from(CLOSED_DAYS)),
        minutes=delays,
    )
    def terms_change(self, severity, plan, hours, closed, minutes):
        self.severity, self.plan, self.hours, self.closed = severity, plan, hours, closed
        self.happens(E.TERMS_CHANGED, minutes)

    @rule()
    def the_watch_looks(self):
        outcome = tick_all(self.state, self.now + BETWEEN)
        self.now += timedelta(minutes=1)
        self.act_on(outcome)
        assert tick_all(self.state, self.now - timedelta(seconds=29)).occurrences == ()

    @invariant()
    def clocks_are_what_the_story_says(self):
        now = self.now + BETWEEN
        seen = tick_all(self.state, now).after
        found = [
            (c.kind, c.started_at, c.consumed, c.due_at, c.warned_at, c.breached_at, c.met_at, c.stopped_at)
            for c in seen.clocks
        ]
        assert sorted(found, key=str) == sorted((story.facts(now) for story in self.reader.stories), key=str)

    @invariant()
    def the_watch_knows_when_to_look(self):
        moment = self.state.next_moment
        if moment is not None:
            assert tick_all(self.state, moment - timedelta(microseconds=1)).occurrences == ()
            assert tick_all(self.state, moment).occurrences != ()


TestTicketLife = TicketLife.TestCase
TestTicketLife.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
