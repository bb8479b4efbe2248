"""Scheduled work: the watch, and recomputations after a change of the promises."""

from __future__ import annotations

import time
from datetime import datetime

from mainstay.core.wall.scope import sweep
from mainstay.support.sla.actions.recompute import take_recomputation
from mainstay.support.sla.actions.watch import tell_due


def run_due(now: datetime, limit: int = 500) -> int:
    """Warnings and breaches up to `now`, in due order; one transaction for each `limit` of clocks."""
    total = 0
    while True:
        with sweep("watch_clocks") as actor:
            count = tell_due(actor, now, limit=limit)
        total += count
        if count < limit:
            return total


def run_recomputations(now: datetime, *, seconds: float = 5.0) -> int:
    """Batches, each committed, until there is nothing to do or the time is up. How many were done."""
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        with sweep("recompute_clocks") as actor:
            if not take_recomputation(actor, now):
                return count
        count += 1
    return count
