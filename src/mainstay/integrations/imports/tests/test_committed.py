"""With real commits: workers that are killed, two at once, and what the past sets in motion (PPL-12)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from mainstay.core import clock
from mainstay.core.events.dispatch import follow_all
from mainstay.core.events.models import Event
from mainstay.integrations.imports.actions import Choices, start_apply, start_check
from mainstay.integrations.imports.jobs import run_imports
from mainstay.integrations.imports.models import ImportRun
from mainstay.integrations.imports.rules import Kind, State
from mainstay.integrations.imports.tests.make import (
    NOW,
    PEOPLE_HEAD,
    applied,
    checked,
    fresh,
    rows,
    table,
    upload,
    work,
)
from mainstay.integrations.imports.tests.test_kinds import OLD, history
from mainstay.people.messages.models import Delivery, Notice, StaffNotice
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope, make_world
from mainstay.support.sla.jobs import run_due
from mainstay.support.sla.models import Clock
from mainstay.support.sla.tests.make import make_sla_world

COUNT = 95
PEOPLE = table(PEOPLE_HEAD, [("acme", f"p{n}@acme.example", f"P {n}", "field") for n in range(COUNT)])
Kill = Callable[[int], None]


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


@pytest.fixture
def kill_after(database_address: Callable[[str], str], tmp_path: Path) -> Kill:
    """Starts a worker and kills it when it has come to its nth batch."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MAINSTAY_")},
        "DJANGO_SETTINGS_MODULE": "mainstay.project.settings",
        "DATABASE_URL": database_address("app"),
        "MAINSTAY_ENV_FILE": os.devnull,
        "MAINSTAY_DATA_DIR": str(tmp_path),
        "MAINSTAY_STORAGE_URL": settings.MAINSTAY_STORAGE_URL,
        "PYTHONPATH": str(settings.MAINSTAY_CHECKOUT / "src"),
    }

    def kill(batches: int) -> None:
        command = [sys.executable, "-m", "mainstay.integrations.imports.tests.child", str(batches)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "here\n"
            worker.kill()

    return kill


def people() -> int:
    with builders_scope():
        return Member.objects.filter(name__startswith="P ").count()


def test_a_worker_killed_in_the_dry_run(world: World, kill_after: Kill) -> None:
    run = upload(world.max, Kind.PEOPLE, PEOPLE)
    with acting_as(world.max) as actor:
        start_check(actor, run.id, Choices(mapping=run.mapping), at=NOW)
    kill_after(4)
    assert (fresh(run).read_count, fresh(run).position) == (29, 30)
    work(clock.now() + timedelta(seconds=61))
    assert fresh(run).counts == {"new": COUNT, "changed": 0, "unchanged": 0, "wrong": 0}
    assert [row.position for row in rows(run)] == list(range(2, COUNT + 2))


def test_a_worker_killed_while_it_writes(world: World, kill_after: Kill) -> None:
    run = checked(world.max, Kind.PEOPLE, PEOPLE)
    with acting_as(world.max) as actor:
        start_apply(actor, run.id, at=NOW)
    kill_after(5)
    assert people() == 0
    assert fresh(run).state == State.APPLYING
    work(clock.now() + timedelta(seconds=61))
    assert (people(), fresh(run).state) == (COUNT, State.APPLIED)
    with builders_scope():
        assert Event.objects.filter(name="import.applied").count() == 1
        assert Event.objects.filter(name="member.added").count() == COUNT


def test_workers_at_once(world: World) -> None:
    run = checked(world.max, Kind.PEOPLE, PEOPLE)
    with acting_as(world.max) as actor:
        start_apply(actor, run.id, at=NOW)

    def turn(number: int) -> int:
        try:
            # Each sees the other's claim as run out.
            return run_imports(NOW + timedelta(minutes=2 * number), 1)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(turn, range(4))) >= 1
    assert (people(), fresh(run).state) == (COUNT, State.APPLIED)
    with builders_scope():
        assert Event.objects.filter(name="import.applied").count() == 1
        assert ImportRun.objects.get().next_at is None


def test_the_past_starts_nothing(committed: None) -> None:
    world = make_sla_world()
    applied(world.max, Kind.HISTORY, history(*OLD))
    follow_all(NOW)
    run_due(NOW, 100)
    with builders_scope():
        assert not Clock.objects.exists()
        assert not Delivery.objects.exists()
        about_tickets = Event.objects.filter(subject_kind="ticket").values_list("name", flat=True)
        assert set(about_tickets) == {"ticket.imported"}
        assert not Notice.objects.exists()
        assert StaffNotice.objects.get().kind == "import.done"
