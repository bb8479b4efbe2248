from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from mainstay.core.schedules.types import Schedule, known_schedules, plug_schedules

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Work:
    """What the schedule under test does: notes when it ran, fails as often as it is told to."""

    ran: list[datetime] = field(default_factory=list)
    failures: int = 0
    inside: Callable[[], None] = lambda: None

    def run(self, now: datetime) -> int:
        self.ran.append(now)
        self.inside()
        if len(self.ran) <= self.failures:
            raise RuntimeError("no luck\nwith a second line")
        return 7


@pytest.fixture
def work() -> Iterator[Work]:
    before, work = known_schedules(), Work()
    plug_schedules(
        [
            Schedule(key="nightly", name="Nightly", help="h", default="daily 03:00", run=work.run),
            Schedule(
                key="hourly",
                name="Hourly",
                help="h",
                default="every 60",
                run=lambda now: 0,
                missed_after=timedelta(days=999),
            ),
        ]
    )
    yield work
    plug_schedules(list(before.values()))
