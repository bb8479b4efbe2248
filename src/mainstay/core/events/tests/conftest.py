from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest

from mainstay.core.events import wiring
from mainstay.core.events.models import Position
from mainstay.core.events.types import Fact, Happening, Visibility, event
from mainstay.core.events.wiring import LaterHandler
from mainstay.people.tenants.tests.make import World, make_world
from mainstay.project.wiring import plug_in


@event("test.happened", subject="thing", sentence="{actor} did it", visibility=Visibility.ALL)
@dataclass(frozen=True)
class Happened(Happening):
    thing_id: UUID
    number: int


@event("test.followed", subject="thing", sentence="{actor} followed", visibility=Visibility.ALL)
@dataclass(frozen=True)
class Followed(Happening):
    thing_id: UUID


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


@pytest.fixture
def plug(committed: None) -> Iterator[Callable[..., None]]:
    """Later handlers for `Happened`, by name, instead of the product's; nobody has followed so far."""
    Position.objects.all().delete()

    def plugged(*, from_beginning: Sequence[str] = (), **handlers: LaterHandler) -> None:
        wiring.plug(
            {},
            [
                wiring.later(name, handler, Happened, from_beginning=name in from_beginning)
                for name, handler in handlers.items()
            ],
        )

    yield plugged
    plug_in()


class Noting:
    """A handler that remembers; what it was given counts only once it is committed."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.batches = 0

    def __call__(self, facts: Sequence[Fact]) -> None:
        self.batches += 1
        self.facts.extend(facts)

    @property
    def numbers(self) -> list[int]:
        return [fact.data["number"] for fact in self.facts]
