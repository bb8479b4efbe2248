"""What happens to each ticket of the generated world, step by step. Pure, and the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import TypeVar

from mainstay.support.tickets.rules import Severity, Source, Status

T = TypeVar("T")
SEED = 20260101
MESSAGES_OF_LONG = 20
_LONG_SHARE = 0.04
_OPEN_SHARE = 0.5
"""Of all tickets, so that about as many clocks are open as there are tickets."""
_FRESH, _OLD = timedelta(days=20), timedelta(days=400)
_LONGEST = timedelta(days=6)
_YOUNG = timedelta(days=3)
_ENDS_OPEN = ((Status.OPEN, 4), (Status.IN_PROGRESS, 4), (Status.WAITING, 2))
_ENDS_OVER = ((Status.CLOSED, 1),)
_ENDS_LATELY = (*_ENDS_OPEN, (Status.RESOLVED, 3))
"""What is resolved is closed by itself after some days, so only young tickets can be."""
_SEVERITIES = ((Severity.P1, 3), (Severity.P2, 17), (Severity.P3, 60), (Severity.P4, 20))
_SOURCES = ((Source.EMAIL, 4), (Source.PORTAL, 4), (Source.API, 2))
_TEXT = (
    "the tablet on site shows a red mark beside the last drawing and does not take the photo of the north wall "
    "after the update of this morning our foreman could not open the diary so the hours of two crews are missing "
    "please tell us when the export to the accounts works again since the month closes on friday and we need it"
)
_WORDS = _TEXT.split()


class Do(StrEnum):
    OPEN = "open"
    ASSIGN = "assign"
    AGENT = "agent"
    CUSTOMER = "customer"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    do: Do
    text: str = ""
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Story:
    tenant: int
    requester: int
    agent: int
    severity: Severity
    source: Source
    subject: str
    steps: tuple[Step, ...]

    @property
    def opened_at(self) -> datetime:
        return self.steps[0].at


@dataclass(frozen=True, slots=True)
class Size:
    """One large customer: the first has a quarter of all tickets, but not more than 200,000."""

    tickets: int
    tenants: int
    members: int = 6
    members_of_first: int = 400
    staff: int = 40

    @classmethod
    def of(cls, tickets: int) -> Size:
        return cls(tickets, tenants=max(5, min(1000, tickets // 10)))

    @property
    def first_share(self) -> float:
        return min(0.25, 200_000 / self.tickets)

    def members_of(self, tenant: int) -> int:
        return self.members_of_first if tenant == 0 else self.members


def stories(size: Size, now: datetime, seed: int = SEED) -> Iterator[Story]:
    """In the order of their opening."""
    rng = Random(seed)
    over = int(size.tickets * (1 - _OPEN_SHARE))
    ages = sorted((rng.random() for _ in range(over)), reverse=True)
    for age in ages:
        yield _story(rng, size, now, now - _FRESH - (_OLD - _FRESH) * age, is_over=True)
    for age in sorted((rng.random() for _ in range(size.tickets - over)), reverse=True):
        yield _story(rng, size, now, now - _FRESH * age, is_over=False)


def _story(rng: Random, size: Size, now: datetime, opened_at: datetime, *, is_over: bool) -> Story:
    tenant = 0 if rng.random() < size.first_share else rng.randrange(1, size.tenants)
    lately = _ENDS_LATELY if now - opened_at < _YOUNG else _ENDS_OPEN
    end = _pick(rng, _ENDS_OVER if is_over else lately)
    count = MESSAGES_OF_LONG if rng.random() < _LONG_SHARE else rng.randint(2, 6)
    plan = list(_plan(rng, count, end))
    span = min(now - opened_at, _LONGEST).total_seconds()
    moments = sorted(rng.random() for _ in plan)
    steps = [Step(opened_at, Do.OPEN, _text(rng))]
    for (do, status), moment in zip(plan, moments, strict=True):
        at = max(opened_at + timedelta(seconds=span * moment), steps[-1].at + timedelta(microseconds=1))
        steps.append(Step(at, do, _text(rng) if do in (Do.AGENT, Do.CUSTOMER) else "", status))
    return Story(
        tenant,
        rng.randrange(size.members_of(tenant)),
        rng.randrange(size.staff),
        _pick(rng, _SEVERITIES),
        _pick(rng, _SOURCES),
        _text(rng)[: rng.randint(25, 70)].strip(),
        tuple(steps),
    )


def _plan(rng: Random, messages: int, end: Status) -> Iterator[tuple[Do, Status | None]]:
    """What follows the opening, which is the first message."""
    if end is Status.OPEN:
        if rng.random() < 0.3:
            yield Do.ASSIGN, None
        for _ in range(messages - 1):
            yield Do.CUSTOMER, None
        return
    yield Do.ASSIGN, None
    for number in range(messages - 1):
        yield (Do.CUSTOMER if number % 2 else Do.AGENT), None
    if end is not Status.IN_PROGRESS:
        yield Do.STATUS, Status.RESOLVED if end is Status.CLOSED else end
    if end is Status.CLOSED:
        yield Do.STATUS, end


def _text(rng: Random) -> str:
    start = rng.randrange(len(_WORDS))
    count = rng.randint(20, 120)
    words = (_WORDS * 4)[start : start + count]
    return f"{words[0].capitalize()} {' '.join(words[1:])}."


def _pick(rng: Random, weighted: tuple[tuple[T, int], ...]) -> T:
    values, weights = zip(*weighted, strict=True)
    return rng.choices(values, weights)[0]
