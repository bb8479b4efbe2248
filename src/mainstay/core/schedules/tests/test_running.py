"""Queued once, run once, tried again, missed, lost (OPS-12)."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from mainstay.core import clock
from mainstay.core.events.models import Event
from mainstay.core.schedules import running
from mainstay.core.schedules.jobs import run_schedule
from mainstay.core.schedules.models import ScheduleRun, ScheduleState
from mainstay.core.schedules.running import queue_due
from mainstay.core.schedules.tests.conftest import MIDNIGHT, Work
from mainstay.core.wall.scope import sweep

NIGHT = MIDNIGHT + timedelta(hours=3)


def runs(key: str = "nightly") -> list[ScheduleRun]:
    with sweep("run_schedules"):
        return list(ScheduleRun.objects.filter(key=key).order_by("created_at", "id"))


def said() -> list[str]:
    with sweep("run_schedules"):
        return list(
            Event.objects.filter(name__startswith="schedule.").order_by("n").values_list("name", flat=True)
        )


def next_at(key: str = "nightly") -> datetime | None:
    with sweep("run_schedules"):
        return ScheduleState.objects.get(key=key).next_at


def jobs() -> list[dict[str, Any]]:
    """As the worker would take them: those waiting, in order."""
    found = ProcrastinateJob.objects.filter(task_name="schedules.run", status="todo").order_by("id")
    return [job.args for job in found]


def carry_out(at: datetime, monkeypatch: pytest.MonkeyPatch, key: str = "nightly") -> None:
    """The newest run's job, at that time."""
    monkeypatch.setattr(clock, "now", lambda: at)
    run_schedule(run_id=str(runs(key)[-1].id), key=key)


@pytest.mark.django_db
def test_a_new_schedule_begins_at_its_next_moment(work: Work) -> None:
    assert queue_due(MIDNIGHT, 20) == 0
    assert next_at() == NIGHT
    assert runs() == []


@pytest.mark.django_db
def test_due_once_and_carried_out(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    queue_due(MIDNIGHT, 20)
    assert queue_due(NIGHT - timedelta(seconds=1), 20) == 1  # the hourly one
    queue_due(NIGHT, 20)
    queue_due(NIGHT + timedelta(seconds=5), 20)
    (run,) = runs()
    assert (run.due_at, run.state, run.is_missed) == (NIGHT, "queued", False)
    assert next_at() == NIGHT + timedelta(days=1)
    assert {"run_id": str(run.id), "key": "nightly"} in jobs()
    began = NIGHT + timedelta(seconds=9)
    carry_out(began, monkeypatch)
    carry_out(began + timedelta(minutes=1), monkeypatch)  # the queue delivers at least once
    (run,) = runs()
    assert (run.state, run.done_count, run.attempts, run.started_at) == ("succeeded", 7, 1, began)
    assert work.ran == [began]
    assert said() == []


@pytest.mark.django_db
def test_missed_while_nobody_worked_runs_once_and_is_told(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_due(MIDNIGHT, 20)
    back = NIGHT + timedelta(days=3, hours=2)
    queue_due(back, 20)
    (run,) = runs()
    assert (run.due_at, run.is_missed) == (NIGHT, True)
    assert next_at() == NIGHT + timedelta(days=4)
    assert said() == ["schedule.missed"]
    carry_out(back, monkeypatch)
    queue_due(back + timedelta(hours=1), 20)
    assert len(runs()) == 1
    assert len(work.ran) == 1


@pytest.mark.django_db
def test_queued_in_time_and_never_begun_is_missed_too(work: Work) -> None:
    queue_due(MIDNIGHT, 20)
    queue_due(NIGHT, 20)
    queue_due(NIGHT + timedelta(minutes=59), 20)
    assert "schedule.missed" not in said()
    for _ in range(3):
        queue_due(NIGHT + timedelta(minutes=61), 20)
    with sweep("run_schedules"):
        assert [e.data["key"] for e in Event.objects.filter(name="schedule.missed")].count("nightly") == 1


@pytest.mark.django_db
def test_what_fails_is_tried_again_and_then_told(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.failures = 99
    queue_due(MIDNIGHT, 20)
    queue_due(NIGHT, 20)
    at = NIGHT
    carry_out(at, monkeypatch)
    (run,) = runs()
    assert (run.state, run.error, run.attempts) == ("waiting", "RuntimeError: no luck", 1)
    carry_out(at + timedelta(seconds=10), monkeypatch)  # too early: nothing happens
    assert len(work.ran) == 1
    while runs()[-1].state == "waiting":
        at = runs()[-1].next_try_at
        carry_out(at, monkeypatch)
    (run,) = runs()
    assert (run.state, run.attempts, len(work.ran)) == ("failed", 4, 4)
    assert said() == ["schedule.failed"]
    queue_due(NIGHT + timedelta(days=1), 20)
    assert len(runs()) == 2


@pytest.mark.django_db
def test_luck_at_the_second_try(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.failures = 1
    queue_due(MIDNIGHT, 20)
    queue_due(NIGHT, 20)
    carry_out(NIGHT, monkeypatch)
    carry_out(NIGHT + timedelta(minutes=2), monkeypatch)
    (run,) = runs()
    assert (run.state, run.attempts, run.error) == ("succeeded", 2, "")
    assert said() == []


@pytest.mark.django_db
def test_a_worker_that_dies_in_the_middle(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its job is put back by the queue and finds the run begun."""
    queue_due(MIDNIGHT, 20)
    queue_due(NIGHT, 20)
    (run,) = runs()
    for attempt in range(1, 5):
        assert running.begin(run.id, at=NIGHT)
        assert runs()[0].attempts == attempt
    carry_out(NIGHT, monkeypatch)
    (run,) = runs()
    assert (run.state, run.error, work.ran) == ("failed", running.WORKER_ENDED, [])
    assert said() == ["schedule.failed"]


@pytest.mark.django_db
def test_a_lost_job_is_replaced(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    queue_due(MIDNIGHT, 20)
    queue_due(NIGHT, 20)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    queue_due(NIGHT + timedelta(minutes=6), 20)
    (run,) = runs()
    assert (run.state, run.error) == ("waiting", running.JOB_LOST)
    carry_out(run.next_try_at, monkeypatch)
    assert runs()[0].state == "succeeded"


@pytest.mark.django_db
def test_a_moment_that_comes_while_it_still_runs_waits(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    queue_due(MIDNIGHT, 20)
    queue_due(NIGHT, 20)
    running.begin(runs()[0].id, at=NIGHT)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    queue_due(NIGHT + timedelta(days=1), 20)
    assert len(runs()) == 1
    running.succeed(runs()[0].id, 1, at=NIGHT + timedelta(days=1, minutes=1))
    queue_due(NIGHT + timedelta(days=1, minutes=2), 20)
    assert [run.due_at for run in runs()] == [NIGHT, NIGHT + timedelta(days=1)]
    assert not runs()[-1].is_missed


def test_two_workers_queue_a_moment_once(committed: None, work: Work) -> None:
    queue_due(MIDNIGHT, 20)
    barrier, errors = threading.Barrier(4), []

    def worker() -> None:
        try:
            barrier.wait()
            for _ in range(5):
                queue_due(NIGHT, 20)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(runs()) == 1
    assert len([job for job in jobs() if job["key"] == "nightly"]) == 1


def test_two_runs_of_one_schedule_never_overlap(committed: None, work: Work) -> None:
    """The job was put back although its worker lives: the second waits."""
    queue_due(MIDNIGHT, 20)
    queue_due(NIGHT, 20)
    (run,) = runs()
    begun, go_on = threading.Event(), threading.Event()

    def inside() -> None:
        begun.set()
        assert go_on.wait(30)

    work.inside = inside

    def first() -> None:
        try:
            run_schedule(run_id=str(run.id), key="nightly")
        finally:
            connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(30)
    run_schedule(run_id=str(run.id), key="nightly")
    go_on.set()
    thread.join()
    assert len(work.ran) == 1
    (run,) = runs()
    assert (run.state, run.attempts) == ("succeeded", 1)
    run_schedule(run_id=str(run.id), key="nightly")
    assert len(work.ran) == 1


@pytest.mark.django_db
def test_old_runs_are_forgotten(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    queue_due(MIDNIGHT, 20)
    queue_due(NIGHT, 20)
    running.forget_runs(at=NIGHT + timedelta(days=100))
    assert len(runs()) == 1  # not over
    carry_out(NIGHT, monkeypatch)
    running.forget_runs(at=NIGHT + timedelta(days=80))
    assert len(runs()) == 1
    running.forget_runs(at=NIGHT + timedelta(days=100))
    assert runs() == []
