"""How the loops are doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mainstay.core.loops.models import Heartbeat
from mainstay.core.loops.types import Loop

_PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class LoopState:
    name: str
    last_ran_at: datetime | None
    last_count: int
    last_error: str
    is_late: bool
    """No sign for a minute longer than it should take: no worker runs, or this loop hangs."""


def loop_states(loops: Sequence[Loop], *, at: datetime) -> list[LoopState]:
    """Of these loops, in their order. Read as the doors role or as staff."""
    signs = {sign.loop: sign for sign in Heartbeat.objects.all()}
    return [_state(loop, signs.get(loop.name), at) for loop in loops]


def _state(loop: Loop, sign: Heartbeat | None, at: datetime) -> LoopState:
    if sign is None:
        return LoopState(loop.name, None, 0, "", is_late=True)
    is_late = sign.last_ran_at + timedelta(seconds=loop.tick_seconds) + _PATIENCE < at
    return LoopState(loop.name, sign.last_ran_at, sign.last_count, sign.last_error, is_late)
