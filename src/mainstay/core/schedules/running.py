"""From a due moment to a run and its outcome. The worker's loop queues, a job carries out.

The run's row and the schedule's next moment change in one transaction, so a moment is queued once, however many
workers look at the same time. The job holds a lock of the session while it works: a run that was taken for dead
and is not keeps the second one out.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from mainstay.core.actor import Actor
from mainstay.core.events.actions import record
from mainstay.core.schedules.events import ScheduleFailed, ScheduleMissed
from mainstay.core.schedules.models import ScheduleRun, ScheduleState
from mainstay.core.schedules.rules import (
    ACTIVE,
    KEEP_RUNS,
    LOST_AFTER,
    MOST_ATTEMPTS,
    RunState,
    is_missed,
    next_moment,
    next_try_at,
    timing,
)
from mainstay.core.schedules.types import Schedule, known_schedules
from mainstay.core.wall.scope import sweep

log = logging.getLogger(__name__)

SWEEP: Final = "run_schedules"
WORKER_ENDED: Final = "the worker ended in the middle of it"
JOB_LOST: Final = "its job was lost"
_ERROR_LENGTH: Final = 500


def queue_due(now: datetime, limit: int) -> int:
    """The worker's loop: queues what is due, tells of what did not begin in time, puts back what was lost."""
    known = known_schedules()
    with sweep(SWEEP) as actor:
        _make_missing(known, now)
        due = ScheduleState.objects.select_for_update(skip_locked=True).filter(
            key__in=known, is_enabled=True, next_at__lte=now
        )
        states = list(due.order_by("next_at", "id")[:limit])
        busy = set(ScheduleRun.objects.filter(key__in=known, state__in=ACTIVE).values_list("key", flat=True))
        free = [state for state in states if state.key not in busy]  # others stay due until that run is over
        for state in free:
            _queue(actor, state, known[state.key], now)
        _tell_of_late(actor, known, now)
    _put_back_lost(now)
    return len(free)


def _make_missing(known: dict[str, Schedule], now: datetime) -> None:
    there = set(ScheduleState.objects.values_list("key", flat=True))
    rows = [
        ScheduleState(key=key, next_at=next_moment(schedule.timing, schedule.zone, now))
        for key, schedule in known.items()
        if key not in there
    ]
    if rows:
        ScheduleState.objects.bulk_create(rows, ignore_conflicts=True)


def next_of(state: ScheduleState, schedule: Schedule, after: datetime) -> datetime:
    wanted = timing(state.timing) if state.timing else schedule.timing
    return next_moment(wanted, state.zone or schedule.zone, after)


def _queue(actor: Actor, state: ScheduleState, schedule: Schedule, now: datetime) -> None:
    """However many moments went by, it runs once, for the first of them."""
    assert state.next_at is not None, "only what has a moment is due"
    run = ScheduleRun(key=state.key, due_at=state.next_at, created_at=now)
    state.next_at = next_of(state, schedule, now)
    state.save(update_fields=["next_at"])
    if is_missed(run.due_at, schedule.missed_after, now):
        _missed(actor, state.id, run, now)
    start(run)


def start(run: ScheduleRun, *, at: datetime | None = None) -> None:
    """Saves the run with its job, in the caller's transaction; `at`: not before."""
    from mainstay.core.schedules.jobs import run_schedule

    options = {"schedule_at": at} if at else {}
    run.job_id = run_schedule.configure(**options).defer(run_id=str(run.id), key=run.key)
    run.save()


def _missed(actor: Actor, schedule_id: UUID, run: ScheduleRun, now: datetime) -> None:
    run.is_missed = True
    happening = ScheduleMissed(schedule_id=schedule_id, key=run.key, run_id=run.id, due_at=run.due_at)
    record(actor, happening, tenant_id=None, at=now)


def _tell_of_late(actor: Actor, known: dict[str, Schedule], now: datetime) -> None:
    """Queued in time, and nobody has begun: the jobs are stuck."""
    waiting = ScheduleRun.objects.select_for_update(skip_locked=True).filter(
        key__in=known, state=RunState.QUEUED, is_missed=False
    )
    for run in waiting:
        if is_missed(run.due_at, known[run.key].missed_after, now):
            _missed(actor, _state_id(run.key), run, now)
            run.save(update_fields=["is_missed"])


def _state_id(key: str) -> UUID:
    return ScheduleState.objects.values_list("id", flat=True).get(key=key)


def _put_back_lost(now: datetime) -> None:
    """Jobs may vanish or fail for good (the database was away when they wanted to say how it went)."""
    with sweep(SWEEP):
        stale = ScheduleRun.objects.filter(state__in=ACTIVE, created_at__lt=now - LOST_AFTER)
        jobs = {run.job_id: run.id for run in stale if run.job_id is not None}
    if not jobs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM procrastinate_jobs WHERE id = ANY(%s) AND status IN ('todo', 'doing')", [[*jobs]]
        )
        alive = {row[0] for row in cursor.fetchall()}
    for job_id, run_id in jobs.items():
        if job_id not in alive:
            with sweep(SWEEP) as actor:
                run = _locked(run_id)
                # Meanwhile it may have ended, or got another job.
                if run is not None and run.state in ACTIVE and run.job_id == job_id:
                    _fail(actor, run, JOB_LOST, now)


def begin(run_id: UUID, *, at: datetime) -> bool:
    """Whether there is something to do: not for a run that is over, or whose time has not come."""
    with sweep(SWEEP) as actor:
        run = _locked(run_id)
        if run is None or run.state not in ACTIVE:
            return False
        if run.state == RunState.WAITING and run.next_try_at is not None and run.next_try_at > at:
            return False
        if run.state == RunState.RUNNING:
            run.error = WORKER_ENDED
            if run.attempts >= MOST_ATTEMPTS:
                _fail(actor, run, WORKER_ENDED, at)
                return False
        run.state, run.started_at, run.next_try_at = RunState.RUNNING, at, None
        run.attempts += 1
        run.save()
    return True


def put_off(run_id: UUID, until: datetime) -> None:
    """The run before is still at work, although it was taken for dead."""
    with sweep(SWEEP):
        run = _locked(run_id)
        if run is not None and run.state in ACTIVE:
            start(run, at=until)


def succeed(run_id: UUID, done_count: int, *, at: datetime) -> None:
    with sweep(SWEEP):
        ScheduleRun.objects.filter(id=run_id, state=RunState.RUNNING).update(
            state=RunState.SUCCEEDED, finished_at=at, done_count=done_count, error=""
        )


def fail(run_id: UUID, error: Exception, *, at: datetime) -> None:
    """Tried again a few times; then the administrators hear of it."""
    first = (str(error).strip().splitlines() or [""])[0]
    with sweep(SWEEP) as actor:
        run = _locked(run_id)
        if run is not None and run.state == RunState.RUNNING:
            _fail(actor, run, f"{type(error).__name__}: {first}", at)


def _fail(actor: Actor, run: ScheduleRun, words: str, at: datetime) -> None:
    run.error = words[:_ERROR_LENGTH]
    again = next_try_at(max(run.attempts, 1), at)
    if again is not None:
        run.state, run.next_try_at = RunState.WAITING, again
        run.attempts = max(run.attempts, 1)
        start(run, at=again)
        return
    run.state, run.finished_at, run.next_try_at = RunState.FAILED, at, None
    run.save()
    happening = ScheduleFailed(
        schedule_id=_state_id(run.key), key=run.key, run_id=run.id, attempts=run.attempts
    )
    record(actor, happening, tenant_id=None, at=at)


def _locked(run_id: UUID) -> ScheduleRun | None:
    return ScheduleRun.objects.select_for_update().filter(id=run_id).first()


def forget_runs(*, at: datetime) -> int:
    with sweep(SWEEP):
        old = ScheduleRun.objects.filter(created_at__lt=at - KEEP_RUNS).exclude(state__in=ACTIVE)
        return old.delete()[0]
