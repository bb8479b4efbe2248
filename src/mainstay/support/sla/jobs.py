"""Time-driven work: the watch, and recomputations after a change of the promises."""

from __future__ import annotations

from datetime import datetime

from mainstay.core.wall.scope import sweep
from mainstay.support.sla.actions.recompute import take_recomputation
from mainstay.support.sla.actions.watch import tell_due


def run_due(now: datetime, limit: int = 1000) -> int:
    """Warnings and breaches up to `now`, the longest due first. `limit` of them: there may be more."""
    with sweep("watch_clocks") as actor:
        return tell_due(actor, now, limit=limit)


def run_recomputations(now: datetime, limit: int = 20) -> int:
    """Batches, each committed by itself."""
    for count in range(limit):
        with sweep("recompute_clocks") as actor:
            if not take_recomputation(actor, now):
                return count
    return limit
