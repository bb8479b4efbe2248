"""Who hears of a schedule that was missed or failed (OPS-12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mainstay.core.events.dispatch import Follower
from mainstay.core.events.models import Position
from mainstay.core.schedules import running
from mainstay.core.schedules.models import ScheduleRun
from mainstay.core.schedules.types import Schedule, known_schedules, plug_schedules
from mainstay.core.wall.scope import sweep
from mainstay.people.messages.models import StaffNotice
from mainstay.people.tenants.tests.make import World, make_world

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def world(committed: None):
    before = known_schedules()
    plug_schedules(
        [Schedule(key="nightly", name="Nightly", help="h", default="daily 03:00", run=lambda now: 0)]
    )
    Position.objects.all().delete()
    yield make_world()
    plug_schedules(list(before.values()))


def follow(at: datetime) -> list[StaffNotice]:
    follower = Follower()
    for _ in range(3):
        follower.run_due(at, 500)
    with sweep("demo"):
        return list(StaffNotice.objects.order_by("created_at"))


def test_administrators_hear_once_of_what_was_missed_and_what_failed(world: World) -> None:
    follow(MIDNIGHT)  # begins at the present
    running.queue_due(MIDNIGHT, 20)
    late = MIDNIGHT + timedelta(hours=9)
    running.queue_due(late, 20)
    (told,) = follow(late)
    assert (told.staff_id, told.kind) == (world.max.id, "schedule.missed")
    assert told.link == "/desk/settings/schedules/nightly"
    with sweep("demo"):
        run = ScheduleRun.objects.get()
    for _ in range(running.MOST_ATTEMPTS):
        late += timedelta(hours=1)
        assert running.begin(run.id, at=late)
        running.fail(run.id, RuntimeError("no luck"), at=late)
    kinds = [one.kind for one in follow(late)]
    assert kinds == ["schedule.missed", "schedule.failed"]
    assert [one.kind for one in follow(late)] == kinds
