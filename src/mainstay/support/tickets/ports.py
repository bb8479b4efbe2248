"""What upper rooms add to a ticket where it is shown as JSON. The project plugs it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstay.core.actor import Actor
from mainstay.support.tickets.queries import TicketRow


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPromise:
    """One promise of a ticket as it stands: what it is about, and by when."""

    kind: str
    state: str
    is_goal: bool
    is_late: bool
    due_at: datetime | None
    warn_at: datetime | None
    breached_at: datetime | None
    paused_at: datetime | None
    met_at: datetime | None


PromisesOf = Callable[[Actor, Sequence[TicketRow]], Mapping[UUID, Sequence[TicketPromise]]]
"""Of tickets that the actor was found to see; one query, however many there are."""


def _nothing_promised(actor: Actor, rows: Sequence[TicketRow]) -> Mapping[UUID, Sequence[TicketPromise]]:
    return {}


_promises_of: PromisesOf = _nothing_promised


def plug_promises(source: PromisesOf) -> None:
    global _promises_of
    _promises_of = source


def promises_of(actor: Actor, rows: Sequence[TicketRow]) -> Mapping[UUID, Sequence[TicketPromise]]:
    return _promises_of(actor, rows)
