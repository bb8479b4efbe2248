from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from mainstay.core import clock
from mainstay.core.actor import Actor, system_actor
from mainstay.core.events.actions import record
from mainstay.core.events.tests.conftest import Happened
from mainstay.core.events.types import Fact
from mainstay.core.ids import new_id
from mainstay.core.jobs import EventJob, RowJob, event_job, forget_finished, rescue_stalled, row_job
from mainstay.core.wall.scope import scope
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import BEGINNING, World, acting_as, make_world

pytestmark = pytest.mark.django_db
seen: list[tuple[Actor, object]] = []


@event_job("test.about_event")
def about_event(job: EventJob) -> None:
    with job.scope() as actor:
        seen.append((actor, job.fact.name))


@row_job("test.about_member", Member)
def about_member(job: RowJob) -> None:
    with job.scope() as actor:
        seen.append((actor, Member.objects.get(id=job.row_id).name))


@pytest.fixture
def world() -> World:
    seen.clear()
    return make_world()


def happen(actor: Actor) -> Fact:
    return record(actor, Happened(thing_id=new_id(), number=1), tenant_id=actor.tenant_id, at=BEGINNING)


def run_jobs() -> None:
    """What the worker does with a job, without its queue."""
    for job in ProcrastinateJob.objects.filter(status="todo"):
        app.tasks[job.task_name](**job.args)


def set_jobs(**columns: object) -> None:
    """The library's model refuses to be written."""
    with connection.cursor() as cursor:
        for column, value in columns.items():
            cursor.execute(f"UPDATE procrastinate_jobs SET {column} = %s", [value])


@pytest.mark.parametrize("who", ["ana", "ari", "system"])
def test_a_job_can_be_deferred_from_every_scope_and_knows_its_tenant(world: World, who: str) -> None:
    actors = {"ana": acting_as(world.ana), "ari": acting_as(world.ari)}
    with actors.get(who) or scope(system_actor(world.acme.id)) as actor:
        fact = record(actor, Happened(thing_id=new_id(), number=1), tenant_id=world.acme.id, at=BEGINNING)
        about_event.defer(fact)
        about_member.defer(world.felix.id)
    run_jobs()
    assert [(actor.tenant_id, what) for actor, what in seen] == [
        (world.acme.id, "test.happened"),
        (world.acme.id, "Félix"),
    ]
    assert (seen[0][0].origin.cause, seen[0][0].origin.depth) == (fact.n, 1)


def test_a_job_goes_with_the_change_that_deferred_it(world: World) -> None:
    def change() -> None:
        with scope(system_actor(world.acme.id)) as actor:
            about_event.defer(happen(actor))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert not ProcrastinateJob.objects.exists()


def test_a_job_about_something_erased_does_nothing(world: World) -> None:
    about_member.defer(new_id())
    with scope(system_actor(world.acme.id)) as actor:
        gone = Fact(**{**_fields(happen(actor)), "n": 10**12})
        about_event.defer(gone)
    run_jobs()
    assert seen == []


def _fields(fact: Fact) -> dict[str, object]:
    return {name: getattr(fact, name) for name in fact.__slots__}


def test_arguments_are_ids_and_never_a_tenant(world: World) -> None:
    about_member.defer(world.ana.id)
    job = ProcrastinateJob.objects.get()
    assert job.args == {"row_id": str(world.ana.id)}
    assert job.queueing_lock is None
    assert UUID(job.args["row_id"])


def test_jobs_of_a_dead_worker_are_put_back_and_at_last_given_up(world: World) -> None:
    about_member.defer(world.ana.id)
    assert rescue_stalled(clock.now(), 10) == 0
    set_jobs(status="doing")
    assert rescue_stalled(clock.now(), 10) == 1
    assert ProcrastinateJob.objects.get().status == "todo"
    set_jobs(status="doing", attempts=20)
    assert rescue_stalled(clock.now(), 10) == 1
    assert ProcrastinateJob.objects.get().status == "failed"
    assert rescue_stalled(clock.now(), 10) == 0


def test_finished_jobs_are_kept_for_a_while(world: World) -> None:
    about_member.defer(world.ana.id)
    later = clock.now() + timedelta(days=8)
    assert forget_finished(at=later, keep_days=7) == 0  # still to do
    set_jobs(status="doing")
    set_jobs(status="failed")
    assert forget_finished(at=later, keep_days=0) == 0
    assert forget_finished(at=clock.now(), keep_days=7) == 0
    assert forget_finished(at=later, keep_days=7) == 1
