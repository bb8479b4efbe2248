from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from mainstay.core.events.dispatch import follow_all
from mainstay.core.events.models import Event, Handled, Position
from mainstay.core.events.retention import forget_events, forget_followers
from mainstay.core.events.tests.conftest import Noting
from mainstay.core.events.tests.test_following import happen
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import BEGINNING as DAY
from mainstay.people.tenants.tests.make import World

LATER = DAY + timedelta(days=31)


def count() -> int:
    with sweep("demo"):
        return Event.objects.count()


def test_events_go_when_they_are_old_and_everybody_has_seen_them(
    world: World, plug: Callable[..., None]
) -> None:
    plug(it=Noting())
    happen(world.acme.id, 1)
    follow_all(DAY)
    happen(world.globex.id, 2)
    assert forget_events(at=LATER, keep_days=0) == 0
    assert forget_events(at=LATER, keep_days=32) == 0
    assert forget_events(at=LATER, keep_days=30) == 1
    follow_all(DAY)
    assert forget_events(at=LATER, keep_days=30) == 1
    assert count() == 0


def test_an_event_that_waits_for_another_attempt_stays(world: World, plug: Callable[..., None]) -> None:
    def fail(facts: object) -> None:
        raise ValueError

    plug(it=fail)
    happen(world.acme.id, 1)
    follow_all(DAY)
    assert forget_events(at=LATER, keep_days=30) == 0
    assert Handled.objects.count() == 1


def test_followers_that_are_wired_no_longer_are_forgotten(world: World, plug: Callable[..., None]) -> None:
    plug(old=Noting(), kept=Noting())
    happen(world.acme.id, 1)
    follow_all(DAY)
    assert forget_followers(["kept"], at=DAY + timedelta(days=29)) == 0
    assert forget_followers(["kept"], at=LATER) == 1
    assert Position.objects.get().follower == "kept"
