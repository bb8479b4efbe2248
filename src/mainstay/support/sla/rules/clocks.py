"""One promise as a clock: it starts, may pause, and is met, stopped or breached.

A clock keeps the spans in which it ran. Consumed time, due and warning moments always follow from those spans
and the terms in force, so a changed calendar gives exactly what it would have given from the beginning, and
the working can be shown to somebody who disputes a due time.

The due moment itself is still in time. `breached_at` and `warned_at` are the moments that were due, not the
moments at which somebody noticed: being noticed late changes nothing. A clock without an amount is best
effort: it measures, and is never due.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from .calendar import Calendar, add_business_time, business_time_between
from .matrix import ELAPSED, ClockKind, Terms
from .timeline import in_utc

WARN_AT_PERCENT = 75
NOTHING = timedelta(0)
Run = tuple[datetime, datetime]


class CounterState(StrEnum):
    DUE = "due"
    BREACHED = "breached"
    PAUSED = "paused"
    MET = "met"
    GOAL = "goal"
    NONE = "none"  # best effort, or stopped


class Happening(StrEnum):
    WARNED = "warned"
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class Clock:
    """`number` counts the clocks of a ticket from 1 and never changes."""

    number: int
    kind: ClockKind
    calendar_key: str
    amount: timedelta | None
    started_at: datetime
    is_goal: bool = False
    warn_percent: int = WARN_AT_PERCENT
    runs: tuple[Run, ...] = ()
    consumed: timedelta = NOTHING  # in the runs that ended
    running_since: datetime | None = None
    due_at: datetime | None = None
    warn_at: datetime | None = None
    warned_at: datetime | None = None
    breached_at: datetime | None = None
    paused_at: datetime | None = None
    met_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def is_ended(self) -> bool:
        return self.met_at is not None or self.stopped_at is not None

    @property
    def is_late(self) -> bool:
        """Met, but after its due moment; for a goal too, which is never breached."""
        return self.met_at is not None and self.due_at is not None and self.met_at > self.due_at


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What the watch acts on. `at` is when it was due; `number` names the clock."""

    at: datetime
    happening: Happening
    number: int
    kind: ClockKind


@dataclass(frozen=True, slots=True)
class Change:
    """For the record: what a recomputation did."""

    number: int
    kind: ClockKind
    old_due_at: datetime | None
    new_due_at: datetime | None
    old_amount: timedelta | None
    new_amount: timedelta | None
    old_calendar_key: str
    new_calendar_key: str


@dataclass(frozen=True, slots=True)
class Counter:
    """`delta` is wall time from now to the moment, negative once it has passed. For a met clock it is how
    early it was met; for a paused one it is None and `remaining` says what open time is left."""

    state: CounterState
    moment: datetime | None = None
    delta: timedelta | None = None
    remaining: timedelta | None = None
    is_late: bool = False


def start(
    number: int,
    kind: ClockKind,
    terms: Terms | None,
    at: datetime,
    *,
    warn_percent: int = WARN_AT_PERCENT,
) -> Clock:
    """`terms` None is best effort."""
    calendar, at = ELAPSED if terms is None else terms.calendar, in_utc(at)
    clock = Clock(
        number=number,
        kind=kind,
        calendar_key=calendar.key,
        amount=None if terms is None else terms.amount,
        started_at=at,
        is_goal=terms is not None and terms.is_goal,
        warn_percent=warn_percent,
        running_since=at,
    )
    return _computed(clock, calendar)


def pause(clock: Clock, calendar: Calendar, at: datetime) -> Clock:
    if clock.is_ended or clock.running_since is None:
        return clock
    at = _not_before(clock, at)
    return _computed(replace(_run_ended(clock, at), paused_at=at), calendar)


def resume(clock: Clock, calendar: Calendar, at: datetime) -> Clock:
    if clock.is_ended or clock.paused_at is None:
        return clock
    return _computed(replace(clock, running_since=_not_before(clock, at), paused_at=None), calendar)


def meet(clock: Clock, calendar: Calendar, at: datetime) -> Clock:
    """A breach stays on a clock that is met late: both times are kept. One that was seen before an answer
    arrived which had been given in time (a mail under way) is taken back."""
    if clock.is_ended:
        return clock
    at = _not_before(clock, at)
    is_breach = _is_overdue(clock, at) and not clock.is_goal
    clock = replace(clock, breached_at=clock.due_at if is_breach else None)
    return _ended(replace(clock, met_at=at), calendar, at)


def stop(clock: Clock, calendar: Calendar, at: datetime) -> Clock:
    if clock.is_ended:
        return clock
    at = _not_before(clock, at)
    return _ended(replace(clock, stopped_at=at), calendar, at)


def restart(clock: Clock, calendar: Calendar, at: datetime) -> Clock:
    """Begins anew in place, keeping a pause; for clocks that nobody was promised."""
    at = _not_before(clock, at)
    running_since = None if clock.running_since is None else at
    return _computed(replace(clock, started_at=at, runs=(), running_since=running_since), calendar)


def recompute(clock: Clock, terms: Terms | None, now: datetime) -> tuple[Clock, Change | None]:
    """The clock under other terms; None when nothing changed. What ended stays as it ended.

    A breach or warning that the new terms put into the future is taken back, and can come again; one that
    they put into the past is left to `tick`, so it is acted on once.
    """
    if clock.is_ended:
        return clock, None
    calendar = ELAPSED if terms is None else terms.calendar
    changed = _computed(
        replace(
            clock,
            calendar_key=calendar.key,
            amount=None if terms is None else terms.amount,
            is_goal=terms is not None and terms.is_goal,
            warned_at=None,
            breached_at=None,
        ),
        calendar,
    )
    if clock.warned_at is not None and _has_passed(changed.warn_at, now):
        changed = replace(changed, warned_at=changed.warn_at)
    if clock.breached_at is not None and _has_passed(changed.due_at, now) and not changed.is_goal:
        changed = replace(changed, breached_at=changed.due_at)
    if changed == clock:
        return clock, None
    change = Change(
        number=clock.number,
        kind=clock.kind,
        old_due_at=clock.due_at,
        new_due_at=changed.due_at,
        old_amount=clock.amount,
        new_amount=changed.amount,
        old_calendar_key=clock.calendar_key,
        new_calendar_key=changed.calendar_key,
    )
    return changed, change


def tick(clock: Clock, now: datetime) -> tuple[Clock, tuple[Occurrence, ...]]:
    """What has come due by `now` and was not acted on, in the order in which it was due."""
    if clock.is_ended or clock.is_goal:
        return clock, ()
    occurrences = []
    if clock.warned_at is None and clock.warn_at is not None and clock.warn_at <= now:
        occurrences.append(Occurrence(clock.warn_at, Happening.WARNED, clock.number, clock.kind))
        clock = replace(clock, warned_at=clock.warn_at)
    if clock.breached_at is None and clock.due_at is not None and clock.due_at <= now:
        occurrences.append(Occurrence(clock.due_at, Happening.BREACHED, clock.number, clock.kind))
        clock = replace(clock, breached_at=clock.due_at)
    return clock, tuple(occurrences)


def next_moment(clock: Clock) -> datetime | None:
    """When `tick` will have something to say; None when it never will."""
    if clock.is_ended or clock.is_goal or clock.breached_at is not None:
        return None
    return clock.due_at if clock.warned_at is not None or clock.warn_at is None else clock.warn_at


def counter(clock: Clock, now: datetime) -> Counter:
    """What people see: the due moment and the wall time to it."""
    if clock.met_at is not None:
        early = None if clock.due_at is None else clock.due_at - clock.met_at
        return Counter(CounterState.MET, clock.met_at, early, is_late=clock.is_late)
    if clock.stopped_at is not None or clock.amount is None:
        return Counter(CounterState.NONE)
    remaining = max(NOTHING, clock.amount - clock.consumed)
    if clock.due_at is None:
        return Counter(CounterState.PAUSED, clock.paused_at, remaining=remaining)
    delta = clock.due_at - now
    if clock.is_goal:
        return Counter(CounterState.GOAL, clock.due_at, delta, is_late=delta < NOTHING)
    if clock.breached_at is not None or delta < NOTHING:
        return Counter(CounterState.BREACHED, clock.due_at, delta, is_late=True)
    return Counter(CounterState.DUE, clock.due_at, delta)


def calendar_of(clock: Clock, calendars: Mapping[str, Calendar]) -> Calendar:
    return ELAPSED if clock.calendar_key == ELAPSED.key else calendars[clock.calendar_key]


def _ended(clock: Clock, calendar: Calendar, at: datetime) -> Clock:
    """Closes the run, keeping the due and warning moments that were in force."""
    ended = _run_ended(clock, at) if clock.running_since is not None else clock
    ended = replace(ended, paused_at=None)
    return replace(ended, consumed=_consumed(ended.runs, calendar))


def _run_ended(clock: Clock, at: datetime) -> Clock:
    if clock.running_since is None:
        return clock
    return replace(clock, runs=(*clock.runs, (clock.running_since, at)), running_since=None)


def _computed(clock: Clock, calendar: Calendar) -> Clock:
    """Consumed time, due and warning moments from the runs."""
    due_at = warn_at = None
    if clock.amount is not None:
        due_at = _used_up_at(clock, calendar, clock.amount)
        if not clock.is_goal:
            warn_at = _used_up_at(clock, calendar, clock.amount * clock.warn_percent / 100)
    return replace(clock, consumed=_consumed(clock.runs, calendar), due_at=due_at, warn_at=warn_at)


def _consumed(runs: tuple[Run, ...], calendar: Calendar) -> timedelta:
    return sum((business_time_between(calendar, since, until) for since, until in runs), NOTHING)


def _used_up_at(clock: Clock, calendar: Calendar, amount: timedelta) -> datetime | None:
    """When so much open time had passed, or will have passed; None while paused before it."""
    for since, until in clock.runs:
        ran = business_time_between(calendar, since, until)
        if ran >= amount:
            return add_business_time(calendar, since, amount)
        amount -= ran
    if clock.running_since is None:
        return None
    return add_business_time(calendar, clock.running_since, amount)


def _is_overdue(clock: Clock, at: datetime) -> bool:
    return clock.due_at is not None and at > clock.due_at


def _has_passed(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment < now


def _not_before(clock: Clock, at: datetime) -> datetime:
    """Events may arrive out of order by a little; a run cannot end before it began."""
    latest = clock.running_since or clock.paused_at or clock.started_at
    return max(in_utc(at), latest)
