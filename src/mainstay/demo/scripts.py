"""What is written in the demonstration's tickets, and the calendar by which it happens. Pure, and the same for
the same seed and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from random import Random
from typing import Any, Final

import yaml

from mainstay.demo.cast import SITES
from mainstay.support.tickets.rules import Severity, Source

DAYS: Final = 90
_THIS_MORNING: Final = 14
TICKETS_BY_PLAN: Final = {"free": 4, "starter": 7, "professional": 10, "business": 15, "enterprise": 22}
_SOURCES: Final = (Source.EMAIL, Source.EMAIL, Source.PORTAL, Source.PORTAL, Source.IN_APP, Source.API)
# Median hours to the first answer; spread so that most promises are kept and some are not.
_FIRST_ANSWER_H: Final = {Severity.P1: 0.35, Severity.P2: 2.2, Severity.P3: 5.0, Severity.P4: 11.0}


class Step(StrEnum):
    OPEN = "open"
    ASSIGN = "assign"
    AGENT = "agent"
    CUSTOMER = "customer"
    NOTE = "note"
    WAIT = "wait"
    RESOLVE = "resolve"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Conversation:
    language: str
    severity: Severity
    category: str
    module: str
    subject: str
    body: str
    turns: tuple[tuple[str, str], ...]

    def filled(self, **words: Any) -> Conversation:
        turns = tuple((who, text.format(**words)) for who, text in self.turns)
        subject, body = self.subject.format(**words), self.body.format(**words)
        return Conversation(self.language, self.severity, self.category, self.module, subject, body, turns)


@dataclass(frozen=True, slots=True)
class Planned:
    """One step of one ticket; `story` counts the tickets."""

    at: datetime
    story: int
    step: Step
    text: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    customer: int
    conversation: Conversation
    source: Source
    writer: int
    """Picks the requester among the customer's people."""
    steps: tuple[Planned, ...]


def conversations() -> dict[str, list[Conversation]]:
    found: dict[str, list[Conversation]] = {"en": [], "es": []}
    written = yaml.safe_load(
        files("mainstay.demo").joinpath("conversations.yaml").read_text(encoding="utf-8")
    )
    for row in written:
        found[row["lang"]].append(
            Conversation(
                row["lang"],
                Severity(row["severity"]),
                row["category"],
                row["module"],
                row["subject"],
                row["body"],
                tuple((who, text) for who, text in row["turns"]),
            )
        )
    return found


def stories(plans: list[tuple[str, str]], *, seed: int, today: datetime) -> list[Story]:
    """For customers given as (plan, language): three months that end at `today`, with a busy last morning."""
    rng = Random(seed)  # noqa: S311 – a simulation, not a secret
    shelf = conversations()
    out: list[Story] = []
    for customer, (plan, language) in enumerate(plans):
        for _ in range(TICKETS_BY_PLAN[plan]):
            written = rng.choice(shelf[language if rng.random() < 0.9 else "en"])
            out.append(_story(rng, len(out), customer, written, _opening(rng, today), today))
    urgent = [written for written in shelf["en"] if written.severity is Severity.P1]
    for number in range(_THIS_MORNING):
        customer = rng.randrange(len(plans) - TICKETS_BY_PLAN["free"])
        written = urgent[0] if number == 0 else rng.choice(shelf[plans[customer][1]])
        opened_at = today - timedelta(minutes=12 if number == 0 else rng.uniform(15, 330))
        out.append(_story(rng, len(out), customer, written, opened_at, today))
    return out


def _story(
    rng: Random, number: int, customer: int, written: Conversation, opened_at: datetime, today: datetime
) -> Story:
    filled = written.filled(site=rng.choice(SITES[written.language]), n=rng.randint(3, 24))
    # A P1 by mail is only proposed; the demonstration's come through the form.
    source = Source.PORTAL if filled.severity is Severity.P1 else rng.choice(_SOURCES)
    steps = tuple(_steps(rng, number, filled, opened_at, today))
    return Story(customer, filled, source, rng.randrange(1000), steps)


def _opening(rng: Random, today: datetime) -> datetime:
    """On working days mostly, in office hours mostly, and a little more of late."""
    while True:
        day = today - timedelta(days=DAYS * (1 - rng.random() ** 0.5))
        if day.weekday() < 5 or rng.random() < 0.12:
            hour = min(max(rng.gauss(13, 3.2), 0), 23.5)
            moment = day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=hour)
            if moment < today - timedelta(minutes=10):
                return moment


def _steps(
    rng: Random, story: int, written: Conversation, opened_at: datetime, today: datetime
) -> list[Planned]:
    steps = [Planned(opened_at, story, Step.OPEN)]
    at = opened_at + timedelta(hours=_FIRST_ANSWER_H[written.severity] * rng.lognormvariate(0, 0.9))
    steps.append(Planned(at - (at - opened_at) * 0.4, story, Step.ASSIGN))
    for who, text in written.turns:
        steps.append(Planned(at, story, {"a": Step.AGENT, "c": Step.CUSTOMER, "n": Step.NOTE}[who], text))
        if who == "a" and rng.random() < 0.45:
            steps.append(Planned(at + timedelta(seconds=20), story, Step.WAIT))
        at += timedelta(hours=rng.lognormvariate(0.9, 1.0))
    if written.category == "feature_request":
        at += timedelta(days=rng.randint(1, 9))
    if rng.random() < 0.85 or at < today - timedelta(days=2):
        steps.append(Planned(at, story, Step.RESOLVE))
        steps.append(Planned(at + timedelta(days=7, minutes=3), story, Step.CLOSE))
    return [step for step in steps if step.at < today]
