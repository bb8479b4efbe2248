"""What happens next with a ticket, as its customer sees it; a list as its address says it; hours of a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from mainstay.support.sla.rules import ClockKind, CounterState
from mainstay.support.tickets.rules import Sender, Severity, Source, Status

PAGE_SIZE: Final = 20
E = TypeVar("E", bound=StrEnum)
Span = tuple[datetime, datetime]
MinuteSpan = tuple[int, int]


class Step(StrEnum):
    YOUR_TURN = "your_turn"
    ANSWER_BY = "answer_by"
    ANSWER_LATE = "answer_late"
    ANSWER_SOON = "answer_soon"
    """Nothing is promised: as soon as we can."""
    UPDATE_BY = "update_by"
    FIX_BY = "fix_by"
    FIX_LATE = "fix_late"
    FIX_GOAL = "fix_goal"
    WORKING = "working"
    SOLVED = "solved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class NextStep:
    kind: Step
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """A clock, as far as it matters to what happens next."""

    kind: ClockKind
    state: CounterState
    due_at: datetime | None


_ANSWERS: Final = frozenset({ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE})


def next_step(
    status: Status, last_sender: str, closes_at: datetime | None, promised: Sequence[Promised]
) -> NextStep:
    """An answer that is owed comes before the fix: it is what the reader waits for."""
    if status is Status.CLOSED:
        return NextStep(Step.CLOSED)
    if status is Status.RESOLVED:
        return NextStep(Step.SOLVED, closes_at)
    if status is Status.WAITING:
        return NextStep(Step.YOUR_TURN)
    answer = _nearest(promised, _ANSWERS)
    if answer is not None:
        is_late = answer.state is CounterState.BREACHED
        return NextStep(Step.ANSWER_LATE if is_late else Step.ANSWER_BY, answer.due_at)
    if last_sender == Sender.CUSTOMER:
        return NextStep(Step.ANSWER_SOON)
    update = _nearest(promised, {ClockKind.UPDATE})
    if update is not None and update.state is CounterState.DUE:
        return NextStep(Step.UPDATE_BY, update.due_at)
    return _fix(promised)


def _fix(promised: Sequence[Promised]) -> NextStep:
    fix = _nearest(promised, {ClockKind.RESTORE})
    if fix is not None:
        late = fix.state is CounterState.BREACHED
        return NextStep(Step.FIX_LATE if late else Step.FIX_BY, fix.due_at)
    goal = next((p for p in promised if p.kind is ClockKind.RESTORE and p.state is CounterState.GOAL), None)
    return NextStep(Step.FIX_GOAL, goal.due_at) if goal else NextStep(Step.WORKING)


def _nearest(promised: Iterable[Promised], kinds: Iterable[ClockKind]) -> Promised | None:
    wanted = frozenset(kinds)
    running = [
        p
        for p in promised
        if p.kind in wanted and p.due_at is not None and p.state in (CounterState.DUE, CounterState.BREACHED)
    ]
    return min(running, key=lambda p: p.due_at.timestamp() if p.due_at else 0.0, default=None)


class Whose(StrEnum):
    ALL = "all"
    MINE = "mine"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """The list with its filters; every part can be shared as an address."""

    whose: Whose = Whose.ALL
    status: Status | None = None
    severity: Severity | None = None
    channel: Source | None = None
    words: str = ""
    after: str = ""

    @property
    def is_filtered(self) -> bool:
        return any((self.status, self.severity, self.channel, self.words))


class Share(StrEnum):
    """Of the customer's own queue."""

    ALL = "all"
    MINE = "mine"
    NOBODYS = "nobodys"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    share: Share = Share.ALL
    status: Status | None = None
    words: str = ""
    after: str = ""

    @property
    def is_filtered(self) -> bool:
        return bool(self.status or self.words)


def queue_view(given: Mapping[str, str]) -> QueueView:
    return QueueView(
        share=_choice(Share, "share", given) or Share.ALL,
        status=_choice(Status, "status", given),
        words=given.get("q", "").strip()[:200],
        after=given.get("after", ""),
    )


class UnknownChoiceError(ValueError):
    """Names the parameter."""


def list_view(given: Mapping[str, str]) -> ListView:
    """A wrong value is an error: without the filter another list would be shown than was asked for."""
    return ListView(
        whose=_choice(Whose, "whose", given) or Whose.ALL,
        status=_choice(Status, "status", given),
        severity=_choice(Severity, "severity", given),
        channel=_choice(Source, "channel", given),
        words=given.get("q", "").strip()[:200],
        after=given.get("after", ""),
    )


def _choice(kind: type[E], name: str, given: Mapping[str, str]) -> E | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        raise UnknownChoiceError(name) from None


def grouped_week(weekly: Sequence[tuple[MinuteSpan, ...]]) -> list[tuple[int, int, tuple[MinuteSpan, ...]]]:
    """First and last weekday (Monday is 0) of each run of days with the same hours."""
    groups: list[tuple[int, int, tuple[MinuteSpan, ...]]] = []
    for day, hours in enumerate(weekly):
        if groups and groups[-1][2] == hours:
            groups[-1] = (groups[-1][0], day, hours)
        else:
            groups.append((day, day, hours))
    return groups


def open_spans(
    weekly: Sequence[tuple[MinuteSpan, ...]],
    special: Mapping[date, tuple[MinuteSpan, ...]],
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
) -> list[Span]:
    """When somebody is there between two moments; hours are what the clock of `zone` shows."""
    spans: list[Span] = []
    day = start.astimezone(zone).date()
    while day <= end.astimezone(zone).date():
        for opens, closes in special.get(day, weekly[day.weekday()]):
            since, until = max(_moment(day, opens, zone), start), min(_moment(day, closes, zone), end)
            if since >= until:
                continue
            if spans and spans[-1][1] == since:
                spans[-1] = (spans[-1][0], until)
            else:
                spans.append((since, until))
        day += timedelta(days=1)
    return spans


def whole_day(now: datetime, zone: ZoneInfo) -> Span:
    today = now.astimezone(zone).date()
    return _moment(today, 0, zone), _moment(today, 1440, zone)


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    local = datetime.combine(day, time(), tzinfo=zone) + timedelta(minutes=minute)
    return local.astimezone(ZoneInfo("UTC"))
