"""For tests of later handlers."""

from __future__ import annotations

from datetime import datetime

from mainstay.core.events.dispatch import SWEEP, Follower
from mainstay.core.events.follow import FACT_COLUMNS, fact_from
from mainstay.core.events.types import Fact
from mainstay.core.events.wiring import later_handlers
from mainstay.core.wall.scope import sweep


def recorded(*names: str) -> list[Fact]:
    """What was recorded so far, in the order of writing; of these names, or everything."""
    from django.db import connection

    with sweep(SWEEP), connection.cursor() as cursor:
        cursor.execute(f"SELECT {FACT_COLUMNS} FROM event e ORDER BY e.n")
        facts = [fact_from(row) for row in cursor.fetchall()]
    return [fact for fact in facts if not names or fact.name in names]


def follow_up(at: datetime, *handlers: str) -> None:
    """Let the later handlers (or these) have what was recorded in this test, each event once, and what
    they record themselves. In a `db` test nothing is ever settled, so the real follower would see nothing."""
    chosen = [h for h in later_handlers() if not handlers or h.name in handlers]
    unknown = set(handlers) - {h.name for h in chosen}
    if unknown:
        raise LookupError(f"not wired: {sorted(unknown)}")
    seen = -1
    while (count := len(facts := recorded())) != seen:
        seen = count
        Follower(checks_lease=False).deliver(chosen, facts, at)
