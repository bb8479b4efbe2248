"""What happens to a ticket's clocks when something happens to the ticket.

The table says it all. Conditions look only at the ticket's own clocks, so the rooms above apply the result
and decide nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from . import clocks as one
from .calendar import Calendar
from .clocks import WARN_AT_PERCENT, Change, Clock, Occurrence
from .matrix import ELAPSED, ClockKind, Terms
from .timeline import in_utc

FIRST, NEXT = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE
RESTORE, UPDATE = ClockKind.RESTORE, ClockKind.UPDATE
_INSTANT = timedelta(microseconds=1)


class TicketEvent(StrEnum):
    OPENED = "opened"  # the operator got the ticket
    STAFF_REPLIED = (
        "staff_replied"  # a human, in public, through any channel; a call that reached the customer
    )
    CUSTOMER_WROTE = "customer_wrote"
    AUTO_REPLIED = "auto_replied"
    NOTE_ADDED = "note_added"
    WAITING_BEGAN = "waiting_began"  # waiting_on_customer
    WAITING_ENDED = "waiting_ended"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    MERGED = "merged"
    TERMS_CHANGED = "terms_changed"  # severity, plan, matrix, calendar or its holidays
    P1_PROPOSED = "p1_proposed"
    P1_CONFIRMED = "p1_confirmed"


class Do(StrEnum):
    START = "start"
    MEET = "meet"
    RENEW = "renew"  # met by this, and the next interval begins
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    RECOMPUTE = "recompute"
    REPLACE = "replace"  # stopped, and a new one begins now under the new terms


@dataclass(frozen=True, slots=True)
class Operation:
    do: Do
    kind: ClockKind


@dataclass(frozen=True)
class TicketClocks:
    """All clocks a ticket ever had, by number."""

    clocks: tuple[Clock, ...] = ()

    def running(self, kind: ClockKind) -> Clock | None:
        """The clock of this kind that has not ended; it may be paused."""
        return next(
            (clock for clock in reversed(self.clocks) if clock.kind is kind and not clock.is_ended), None
        )

    @property
    def is_waiting(self) -> bool:
        return any(clock.paused_at is not None for clock in self.clocks if not clock.is_ended)

    @property
    def next_moment(self) -> datetime | None:
        return min((at for clock in self.clocks if (at := one.next_moment(clock)) is not None), default=None)

    @property
    def next_due_at(self) -> datetime | None:
        """The most pressing due moment of a clock that is not met, a breached one included; goals apart."""
        return min((clock.due_at for clock in self.clocks if _presses(clock) and clock.due_at), default=None)


@dataclass(frozen=True)
class Outcome:
    after: TicketClocks
    occurrences: tuple[Occurrence, ...] = ()  # came due before this event; act on them first
    changes: tuple[Change, ...] = ()

    def changed_since(self, before: TicketClocks) -> tuple[Clock, ...]:
        """What to write: new and altered clocks."""
        known = {clock.number: clock for clock in before.clocks}
        return tuple(clock for clock in self.after.clocks if known.get(clock.number) != clock)


Condition = Callable[[TicketClocks], bool]


def _always(_: TicketClocks) -> bool:
    return True


def _none_running(*kinds: ClockKind) -> Condition:
    return lambda state: all(state.running(kind) is None for kind in kinds)


def _answer_is_not_owed(state: TicketClocks) -> bool:
    """Without clocks the operator has not got the ticket yet."""
    return bool(state.clocks) and _none_running(FIRST, NEXT)(state)


def _each(do: Do, *kinds: ClockKind) -> tuple[tuple[Condition, Operation], ...]:
    return tuple((_always, Operation(do, kind)) for kind in kinds)


# P1_PROPOSED leaves the clocks alone: until somebody confirms, those of P3 run. CUSTOMER_WROTE starts nothing
# while an answer is owed already, so further messages never move a due moment.
TABLE: Mapping[TicketEvent, tuple[tuple[Condition, Operation], ...]] = {
    TicketEvent.OPENED: tuple(
        (_none_running(kind), Operation(Do.START, kind)) for kind in (FIRST, RESTORE, UPDATE)
    ),
    TicketEvent.STAFF_REPLIED: (*_each(Do.MEET, FIRST, NEXT), *_each(Do.RENEW, UPDATE)),
    TicketEvent.CUSTOMER_WROTE: ((_answer_is_not_owed, Operation(Do.START, NEXT)),),
    TicketEvent.AUTO_REPLIED: (),
    TicketEvent.NOTE_ADDED: (),
    TicketEvent.WAITING_BEGAN: _each(Do.PAUSE, RESTORE, UPDATE),
    TicketEvent.WAITING_ENDED: _each(Do.RESUME, RESTORE, UPDATE),
    TicketEvent.RESOLVED: (*_each(Do.MEET, RESTORE), *_each(Do.STOP, FIRST, NEXT, UPDATE)),
    TicketEvent.REOPENED: tuple(
        (_none_running(kind), Operation(Do.START, kind)) for kind in (RESTORE, UPDATE)
    ),
    TicketEvent.CLOSED: _each(Do.STOP, *ClockKind),
    TicketEvent.MERGED: _each(Do.STOP, *ClockKind),
    TicketEvent.TERMS_CHANGED: _each(Do.RECOMPUTE, *ClockKind),
    TicketEvent.P1_PROPOSED: (),
    TicketEvent.P1_CONFIRMED: _each(Do.REPLACE, *ClockKind),
}


def event_of_message(*, sender: str, is_public: bool, is_automatic: bool) -> TicketEvent:
    """`sender` is customer, agent or system. An out-of-office answer of a customer awaits nothing."""
    if is_automatic or sender == "system":
        return TicketEvent.AUTO_REPLIED
    if not is_public:
        return TicketEvent.NOTE_ADDED
    return TicketEvent.CUSTOMER_WROTE if sender == "customer" else TicketEvent.STAFF_REPLIED


def effective_severity(severity: str, *, is_p1_confirmed: bool) -> str:
    """The severity whose clocks run: a P1 that is only proposed counts as P3."""
    return "P3" if severity == "P1" and not is_p1_confirmed else severity


def decide(event: TicketEvent, state: TicketClocks) -> tuple[Operation, ...]:
    return tuple(
        operation
        for holds, operation in TABLE[event]
        if holds(state) and (operation.do is Do.START or state.running(operation.kind) is not None)
    )


def apply_event(
    state: TicketClocks,
    event: TicketEvent,
    at: datetime,
    *,
    terms: Mapping[ClockKind, Terms],
    calendars: Mapping[str, Calendar],
    warn_percent: int = WARN_AT_PERCENT,
) -> Outcome:
    """`terms`: those in force after the event; a kind that is missing is best effort. `calendars`: at least
    those that the ticket's clocks name, tenants' own included."""
    at = in_utc(at)
    # What happens at the due moment itself is in time, so only earlier moments have come.
    ticked = tick_all(state, at - _INSTANT)
    scene = _Scene(at, terms, calendars, warn_percent)
    clocks = {clock.number: clock for clock in ticked.after.clocks}
    changes: list[Change] = []
    for operation in decide(event, ticked.after):
        current = ticked.after.running(operation.kind)
        if operation.do is Do.RECOMPUTE and current is not None:
            altered, change = one.recompute(current, terms.get(operation.kind), at)
            clocks[current.number] = altered
            changes += [change] if change else []
            continue
        for clock in scene.perform(operation, current, len(clocks) + 1):
            clocks[clock.number] = clock
    after = TicketClocks(tuple(clocks.values()))
    return Outcome(after, ticked.occurrences, tuple(changes))


def tick_all(state: TicketClocks, now: datetime) -> Outcome:
    """Warnings and breaches up to `now` of all clocks, in due order."""
    results = [one.tick(clock, now) for clock in state.clocks]
    occurrences = sorted((item for _, found in results for item in found), key=lambda item: item.at)
    return Outcome(TicketClocks(tuple(clock for clock, _ in results)), tuple(occurrences))


def replay(
    history: Iterable[tuple[datetime, TicketEvent, Mapping[ClockKind, Terms], Mapping[str, Calendar]]],
) -> TicketClocks:
    """The clocks from the beginning: for tickets that come with a history, and to check what is stored."""
    state = TicketClocks()
    for at, event, terms, calendars in history:
        state = apply_event(state, event, at, terms=terms, calendars=calendars).after
    return state


@dataclass(frozen=True)
class _Scene:
    at: datetime
    terms: Mapping[ClockKind, Terms]
    calendars: Mapping[str, Calendar]
    warn_percent: int

    def perform(self, operation: Operation, clock: Clock | None, number: int) -> tuple[Clock, ...]:
        """`number` is for a clock that has to be made."""
        if clock is None:
            return (self._begin(number, operation.kind),)
        calendar = one.calendar_of(clock, self.calendars)
        if operation.do is Do.RENEW and clock.amount is None:
            return (one.restart(clock, calendar, self.at),)
        end = _ENDS.get(operation.do)
        if end is None:
            return (_STEPS[operation.do](clock, calendar, self.at),)
        successor = self._begin(number, operation.kind)
        if clock.paused_at is not None:
            successor = one.pause(successor, self._calendar(operation.kind), self.at)
        return end(clock, calendar, self.at), successor

    def _begin(self, number: int, kind: ClockKind) -> Clock:
        return one.start(number, kind, self.terms.get(kind), self.at, warn_percent=self.warn_percent)

    def _calendar(self, kind: ClockKind) -> Calendar:
        terms = self.terms.get(kind)
        return ELAPSED if terms is None else terms.calendar


_STEPS: Mapping[Do, Callable[[Clock, Calendar, datetime], Clock]] = {
    Do.MEET: one.meet,
    Do.PAUSE: one.pause,
    Do.RESUME: one.resume,
    Do.STOP: one.stop,
}
_ENDS: Mapping[Do, Callable[[Clock, Calendar, datetime], Clock]] = {Do.RENEW: one.meet, Do.REPLACE: one.stop}


def _presses(clock: Clock) -> bool:
    return not clock.is_ended and not clock.is_goal
