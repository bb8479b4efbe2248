"""Moving, switching off, running now: who may, what is written down (OPS-12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mainstay.core.actor import Role
from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound
from mainstay.core.events.models import Event
from mainstay.core.schedules.actions import ask_run, change_schedule
from mainstay.core.schedules.models import ScheduleRun
from mainstay.core.schedules.queries import runs_of, schedule_entries, schedule_entry
from mainstay.core.schedules.rules import timing
from mainstay.core.schedules.running import begin, fail, queue_due
from mainstay.core.schedules.tests.conftest import MIDNIGHT, Work
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import World, acting_as, make_staff, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(work: Work) -> World:
    return make_world()


def said() -> list[dict[str, object]]:
    with sweep("run_schedules"):
        rows = Event.objects.filter(name__in=["schedule.changed", "schedule.asked"]).order_by("n")
        return [row.data for row in rows]


def test_moved_and_moved_back(world: World) -> None:
    queue_due(MIDNIGHT, 20)
    with acting_as(world.max) as actor:
        new = {"timing": timing("weekly tue 05:30"), "zone": "Europe/Madrid", "is_enabled": True}
        state = change_schedule(actor, "nightly", at=MIDNIGHT, **new)
        assert state.next_at == MIDNIGHT + timedelta(days=1, hours=4, minutes=30)
        change_schedule(actor, "nightly", at=MIDNIGHT, **new)
        entry = schedule_entry(actor, "nightly")
        assert (str(entry.timing), entry.zone, entry.is_changed) == (
            "weekly tue 05:30",
            "Europe/Madrid",
            True,
        )
        change_schedule(
            actor, "nightly", timing=timing("daily 03:00"), zone="UTC", is_enabled=True, at=MIDNIGHT
        )
        assert not schedule_entry(actor, "nightly").is_changed
    assert [(e["old"], e["new"]) for e in said()] == [
        ("daily 03:00 UTC", "weekly tue 05:30 Europe/Madrid"),
        ("weekly tue 05:30 Europe/Madrid", "daily 03:00 UTC"),
    ]


def test_switched_off_it_is_never_due_and_on_again_it_does_not_catch_up(world: World) -> None:
    queue_due(MIDNIGHT, 20)
    same = {"timing": timing("daily 03:00"), "zone": "UTC"}
    with acting_as(world.max) as actor:
        change_schedule(actor, "nightly", is_enabled=False, at=MIDNIGHT, **same)
    queue_due(MIDNIGHT + timedelta(days=5), 20)
    with acting_as(world.max) as actor:
        assert not runs_of(actor, "nightly").exists()
        later = MIDNIGHT + timedelta(days=5)
        state = change_schedule(actor, "nightly", is_enabled=True, at=later, **same)
        assert state.next_at == later + timedelta(hours=3)


def test_run_now_twice_is_one_run(world: World) -> None:
    queue_due(MIDNIGHT, 20)
    with acting_as(world.max) as actor:
        first = ask_run(actor, "nightly", at=MIDNIGHT)
        again = ask_run(actor, "nightly", at=MIDNIGHT + timedelta(seconds=1))
        assert first.id == again.id
        assert first.asked_by == world.max.id
        assert schedule_entry(actor, "nightly").state.next_at == MIDNIGHT + timedelta(hours=3)
    assert len(said()) == 1


def test_run_now_hastens_another_attempt(world: World) -> None:
    queue_due(MIDNIGHT, 20)
    with acting_as(world.max) as actor:
        run = ask_run(actor, "nightly", at=MIDNIGHT)
    assert begin(run.id, at=MIDNIGHT)
    fail(run.id, RuntimeError("x"), at=MIDNIGHT)
    assert not begin(run.id, at=MIDNIGHT)
    with acting_as(world.max) as actor:
        assert ask_run(actor, "nightly", at=MIDNIGHT).id == run.id
    assert begin(run.id, at=MIDNIGHT)


def test_also_what_is_switched_off_runs_when_asked(world: World) -> None:
    queue_due(MIDNIGHT, 20)
    with acting_as(world.max) as actor:
        change_schedule(
            actor, "nightly", timing=timing("daily 03:00"), zone="UTC", is_enabled=False, at=MIDNIGHT
        )
        ask_run(actor, "nightly", at=MIDNIGHT)
        assert ScheduleRun.objects.filter(key="nightly").count() == 1


def test_wrong_input(world: World) -> None:
    with acting_as(world.max) as actor:
        with pytest.raises(Conflict, match="No worker"):
            ask_run(actor, "nightly", at=MIDNIGHT)
        with pytest.raises(NotFound):
            ask_run(actor, "unknown", at=MIDNIGHT)
    queue_due(MIDNIGHT, 20)
    with acting_as(world.max) as actor, pytest.raises(Invalid) as wrong:
        change_schedule(
            actor, "nightly", timing=timing("daily 03:00"), zone="Mars/Base", is_enabled=True, at=MIDNIGHT
        )
    assert list(wrong.value.fields) == ["zone"]


SEES = {Role.ADMIN, Role.ENGINEER, Role.SUPPORT_MANAGER, Role.CS_MANAGER}


@pytest.mark.parametrize(
    "role", [r for r in Role if r in SEES or r in {Role.AGENT, Role.CSM, Role.PRODUCT, Role.EXECUTIVE}]
)
def test_who_may(world: World, role: Role) -> None:
    queue_due(MIDNIGHT, 20)
    with sweep("demo"):
        person = make_staff("Somebody", role)
    with acting_as(person) as actor:
        if role in SEES:
            assert [entry.schedule.key for entry in schedule_entries(actor)] == ["nightly", "hourly"]
        else:
            with pytest.raises(Forbidden):
                schedule_entries(actor)
        if role is Role.ADMIN:
            ask_run(actor, "nightly", at=MIDNIGHT)
            return
        with pytest.raises(Forbidden):
            ask_run(actor, "nightly", at=MIDNIGHT)


def test_no_customer_may(world: World) -> None:
    queue_due(MIDNIGHT, 20)
    with acting_as(world.ana) as actor:
        with pytest.raises(Forbidden):
            schedule_entries(actor)
        with pytest.raises(Forbidden):
            ask_run(actor, "nightly", at=MIDNIGHT)
