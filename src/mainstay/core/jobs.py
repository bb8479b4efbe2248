"""Jobs, for work that talks to the network. A job cannot forget its tenant: it is deferred for an event or a
row, reads the tenant from there, and opens its scopes bound to it.

    @event_job("hubspot.push_ticket")
    def push_ticket(job: EventJob) -> None:
        with job.scope() as actor:
            payload = ...
        answer = client.post(...)          # outside: no network inside a transaction
        with job.scope() as actor:
            store_external_id(actor, ...)

    push_ticket.defer(fact)                # inside the scope whose change it follows; it commits with it

A job may run twice (a worker died before it could say that it was done): it sends something that makes the
receiver recognise the repetition, or looks first. Never give a job a queueing lock: with retries it blocks
for ever, hence there is no way to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import connection, models
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app as job_app
from procrastinate.exceptions import ConnectorException

from mainstay.core.actor import Actor, system_actor
from mainstay.core.events.dispatch import bound_for
from mainstay.core.events.follow import FACT_COLUMNS, fact_from
from mainstay.core.events.types import Fact
from mainstay.core.events.wiring import because_of
from mainstay.core.wall.scope import scope, sweep

log = logging.getLogger(__name__)
T = TypeVar("T")

SWEEP: Final = "run_jobs"
STALLED_AFTER_S: Final = 45
"""Without a sign of its worker (which gives one each ten seconds)."""
_LAST_RESCUE: Final = 20
_PAUSE_FACTOR_S: Final = 4
"""Failed jobs wait 4, 16, 64 s … about 18 h before the last of eight attempts."""


@dataclass(frozen=True, slots=True)
class EventJob:
    fact: Fact

    @contextmanager
    def scope(self) -> Iterator[Actor]:
        actor = because_of(self.fact)
        with bound_for(self.fact.tenant_id):
            yield actor


@dataclass(frozen=True, slots=True)
class RowJob:
    row_id: UUID
    tenant_id: UUID

    @contextmanager
    def scope(self) -> Iterator[Actor]:
        with scope(system_actor(self.tenant_id)) as actor:
            yield actor


class Deferrable(Generic[T]):
    """What the decorators make of a function. `defer` takes the event, or the row's id."""

    def __init__(self, task: Any, argument: str, key_of: Callable[[T], Any]) -> None:
        self.task = task
        self._argument = argument
        self._key_of = key_of

    def defer(self, about: T, *, at: datetime | None = None) -> None:
        """Exists if and only if the surrounding transaction commits; runs at once, or not before `at`."""
        options = {"schedule_at": at} if at else {}
        self.task.configure(**options).defer(**{self._argument: self._key_of(about)})


def event_job(
    name: str, *, queue: str = "default", attempts: int = 8
) -> Callable[[Callable[[EventJob], None]], Deferrable[Fact]]:
    def decorate(function: Callable[[EventJob], None]) -> Deferrable[Fact]:
        def run(event_n: int) -> None:
            fact = _fact(event_n)
            if fact is None:
                log.warning("%s: event %s is no longer there", name, event_n)
                return
            function(EventJob(fact))

        return Deferrable(_task(name, queue, attempts, run), "event_n", lambda fact: fact.n)

    return decorate


def row_job(
    name: str, model: type[models.Model], *, queue: str = "default", attempts: int = 8
) -> Callable[[Callable[[RowJob], None]], Deferrable[UUID]]:
    def decorate(function: Callable[[RowJob], None]) -> Deferrable[UUID]:
        def run(row_id: str) -> None:
            tenant_id = _tenant_of(model, UUID(row_id))
            if tenant_id is None:
                log.warning("%s: %s %s is no longer there", name, model._meta.db_table, row_id)
                return
            function(RowJob(UUID(row_id), tenant_id))

        return Deferrable(_task(name, queue, attempts, run), "row_id", str)

    return decorate


def _task(name: str, queue: str, attempts: int, run: Callable[..., None]) -> Any:
    retry = RetryStrategy(max_attempts=attempts, exponential_wait=_PAUSE_FACTOR_S)
    return job_app.task(name=name, queue=queue, retry=retry)(run)


def _fact(event_n: int) -> Fact | None:
    with sweep(SWEEP), connection.cursor() as cursor:
        cursor.execute(f"SELECT {FACT_COLUMNS} FROM event e WHERE e.n = %s", [event_n])  # noqa: S608 – constants
        row = cursor.fetchone()
    return fact_from(row) if row else None


def _tenant_of(model: type[models.Model], row_id: UUID) -> UUID | None:
    with sweep(SWEEP):
        return model._default_manager.filter(pk=row_id).values_list("tenant_id", flat=True).first()


def rescue_stalled(now: datetime, limit: int) -> int:
    """Jobs whose worker died are put back. As the doors role, outside any scope."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.id, j.attempts FROM procrastinate_jobs j "
            "LEFT JOIN procrastinate_workers w ON w.id = j.worker_id "
            "WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %s)) "
            "ORDER BY j.id LIMIT %s",
            [STALLED_AFTER_S, limit],
        )
        stalled = cursor.fetchall()
    for job_id, attempts in stalled:
        _rescue(job_id, attempts, now)
    return len(stalled)


def _rescue(job_id: int, attempts: int, now: datetime) -> None:
    if attempts < _LAST_RESCUE:
        try:
            job_app.job_manager.retry_job_by_id(job_id, retry_at=now)
        except ConnectorException:
            log.exception("stalled job %s cannot be put back", job_id)
        else:
            log.warning("job %s had lost its worker and was put back", job_id)
            return
    with connection.cursor() as cursor:
        cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", [job_id])


def forget_finished(*, at: datetime, keep_days: int) -> int:
    """Failed and cancelled jobs past their time; those that succeeded went at once. 0 days: for ever."""
    if not keep_days:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs j WHERE j.status IN ('succeeded', 'failed', 'cancelled', 'aborted') "
            "AND NOT EXISTS (SELECT FROM procrastinate_events e "
            "WHERE e.job_id = j.id AND e.at >= %s - make_interval(days => %s))",
            [at, keep_days],
        )
        return int(cursor.rowcount)
