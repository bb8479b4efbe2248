"""Time-driven work: what is due is found by one indexed query, done in small transactions, and asked for again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

RunDue = Callable[[datetime, int], int]
"""Called as `run_due(now, limit)`, outside any scope; returns how many it did. `limit` means: there is more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A thread of the worker with a database connection of its own, listed in `project/loops.py`.

    It runs each `tick_seconds`, at once after a NOTIFY on `wake_channel`, and again as long as it did `limit`.
    Several workers may run the same loop at once: it takes its rows with FOR UPDATE SKIP LOCKED.
    """

    name: str
    run_due: RunDue
    tick_seconds: float
    wake_channel: str = ""
    gather_seconds: float = 0.0
    """Least time from the start of one run to the next that a NOTIFY causes: under load one run then takes care of
    many, instead of one at a time."""
    limit: int = 100
