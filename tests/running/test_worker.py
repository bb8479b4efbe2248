from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from mainstay.core.actor import system_actor
from mainstay.core.clock import now
from mainstay.core.events.actions import record
from mainstay.core.events.models import Handled, Position
from mainstay.core.events.tests.conftest import Happened
from mainstay.core.ids import new_id
from mainstay.core.loops.models import Heartbeat
from mainstay.core.loops.queries import loop_states
from mainstay.core.wall.scope import scope, sweep
from mainstay.people.tenants.tests.make import World, make_world
from mainstay.project.loops import loops
from mainstay.project.options import CHECKOUT
from mainstay.project.supervisor.budget import Budget
from tests.running.conftest import wait_until

Start = Callable[[], "subprocess.Popen[bytes]"]
LOGIN = "worker-under-test"


@pytest.fixture
def world(committed: None) -> World:
    Position.objects.all().delete()  # nobody has followed so far
    return make_world()


@pytest.fixture
def start(committed: None, database_address: Callable[[str], str]) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []
    environment = {
        **os.environ,
        "DATABASE_URL": database_address("app"),
        "DJANGO_SETTINGS_MODULE": "mainstay.project.settings",
        "MAINSTAY_WORKER_CONCURRENCY": "2",
        "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT}",
        "PGAPPNAME": LOGIN,
    }

    def run() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", "tests.running.worker_child"], env=environment)
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def happen(tenant_id: UUID, *numbers: int) -> None:
    actor = system_actor(tenant_id)
    with scope(actor):
        for number in numbers:
            record(actor, Happened(thing_id=new_id(), number=number), tenant_id=tenant_id, at=now())


def answers() -> dict[int, int]:
    """How many `test.followed` each `test.happened` has caused, by its number."""
    with sweep("demo"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (c.data->>'number')::int, count(e.n) FROM event c LEFT JOIN event e ON e.cause = c.n "
            "WHERE c.name = 'test.happened' GROUP BY 1"
        )
        return dict(cursor.fetchall())


def expected(count: int) -> dict[int, int]:
    return {number: 2 if number % 10 == 0 else 1 for number in range(count)}


def jobs(status: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status::text = %s", [status])
        return int(cursor.fetchone()[0])


def test_a_killed_worker_leaves_nothing_undone_and_nothing_done_twice(world: World, start: Start) -> None:
    """Killed three times in the middle of 400 events; a second worker stands by from the beginning."""
    total = 400
    standing_by = start()
    writer_done = threading.Event()

    def write() -> None:
        try:
            for number in range(total):
                happen((world.acme, world.globex)[number % 2].id, number)
        finally:
            connection.close()
            writer_done.set()

    writer = threading.Thread(target=write)
    wait_until(lambda: Heartbeat.objects.filter(loop="follow_events").exists())
    writer.start()
    for share in (20, 150, 280):
        victim, standing_by = standing_by, start()
        wait_until(lambda share=share: sum(answers().values()) >= share)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    writer.join()
    assert writer_done.is_set()
    wait_until(lambda: min(answers().values()) >= 1 and jobs("todo") == 0, 60)
    # What the killed workers' jobs had begun is put back once their signs are too old; here, at once.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    # A job is run at least once: killed between its work and saying so, it is run again.
    wait_until(lambda: all(answers()[n] >= 2 for n in range(0, total, 10)), 60)
    wait_until(lambda: jobs("doing") + jobs("todo") == 0, 60)
    got = answers()
    assert {n: c for n, c in got.items() if n % 10} == {n: 1 for n in range(total) if n % 10}
    assert sum(got.values()) <= sum(expected(total).values()) + 3 * 2
    wait_until(lambda: not Handled.objects.exists())


def test_losing_the_database_is_survived(
    world: World, start: Start, admin_connection: psycopg.Connection
) -> None:
    start()
    happen(world.acme.id, 0)
    wait_until(lambda: answers() == expected(1))
    for round_ in range(1, 4):
        admin_connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [LOGIN]
        )
        happen(world.acme.id, *range(round_ * 10 - 9, round_ * 10 + 1))
        wait_until(lambda round_=round_: answers() == expected(round_ * 10 + 1), 60)
    failed = Heartbeat.objects.exclude(failed_at=None)
    assert failed.exists()
    wait_until(lambda: not Heartbeat.objects.exclude(last_error="").exists(), 30)


def test_asked_to_stop_it_finishes_its_job_within_ten_seconds(world: World, start: Start) -> None:
    process = start()
    happen(world.acme.id, -10)  # a job that takes a second
    wait_until(lambda: jobs("doing") == 1)
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert time.monotonic() - asked < 10
    assert answers() == {-10: 2}
    assert jobs("doing") == jobs("todo") == 0


def test_it_stays_within_its_connections_and_gives_signs(
    world: World, start: Start, admin_connection: psycopg.Connection
) -> None:
    start()
    happen(world.acme.id, *range(100))
    wait_until(lambda: answers() == expected(100))
    counted = admin_connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [LOGIN]
    ).fetchone()
    budget = Budget(web_processes=1, web_threads=1, worker_concurrency=2)
    assert counted
    assert counted[0] <= budget.worker
    states = loop_states(loops(), at=now())
    assert [state.name for state in states if state.is_late] == []
    assert len(loops()) <= budget.worker_loops
    late = loop_states(loops(), at=now().replace(year=now().year + 1))
    assert all(state.is_late for state in late)


def test_a_dangerous_login_is_refused(committed: None, database_address: Callable[[str], str]) -> None:
    for role in ("owner", "postgres"):
        environment = {
            **os.environ,
            "DATABASE_URL": database_address(role),
            "DJANGO_SETTINGS_MODULE": "mainstay.project.settings",
            "PYTHONPATH": str(CHECKOUT / "src"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "mainstay.project.worker"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode != 0
        assert "DangerousLogin" in done.stderr
