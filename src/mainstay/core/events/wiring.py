"""Who reacts to what. The table itself is one literal in `project/wiring.py`; this is where it is plugged in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mainstay.core.actor import Actor, Origin, system_actor
from mainstay.core.events.types import Fact, Happening

NowHandler = Callable[[Actor, Any, Fact], None]
"""Called in the same transaction with (actor, happening, fact)."""
LaterHandler = Callable[[Sequence[Fact]], None]
"""Called by the follower, inside a scope bound to the events' one tenant, with a batch in order. Each event once:
what it writes commits together with the record that it was handled. Records what it does as `because_of(fact)`."""


@dataclass(frozen=True, slots=True)
class Later:
    """A follow-up. `name` is its identity in the database: renaming it makes a new follower.

    One that comes with an upgrade starts at the present, or with the oldest event `from_beginning`.
    """

    name: str
    handler: LaterHandler
    events: frozenset[str]
    from_beginning: bool = False


def later(name: str, handler: LaterHandler, *events: type[Happening], from_beginning: bool = False) -> Later:
    return Later(name, handler, frozenset(e.name for e in events), from_beginning)


def because_of(fact: Fact) -> Actor:
    """The product, acting on an event: its own events name this one as their cause."""
    origin = Origin(door="follow_up", cause=fact.n, depth=fact.depth + 1)
    return system_actor(fact.tenant_id, origin=origin)


_now: dict[str, tuple[NowHandler, ...]] = {}
_later: dict[str, Later] = {}


def plug(now: dict[type[Happening], Sequence[NowHandler]], later: Sequence[Later]) -> None:
    """Replace the wiring; called once by the project (and by tests that bring their own)."""
    _now.clear()
    _now.update({happening.name: tuple(handlers) for happening, handlers in now.items()})
    _later.clear()
    _later.update({entry.name: entry for entry in later})


def now_handlers(name: str) -> tuple[NowHandler, ...]:
    return _now.get(name, ())


def later_handlers() -> list[Later]:
    return list(_later.values())
