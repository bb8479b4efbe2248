"""Carrying out one run, in a thread of the job queue: a long one holds nobody up but itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from mainstay.core import clock
from mainstay.core.schedules import running
from mainstay.core.schedules.types import known_schedules

log = logging.getLogger(__name__)
_STILL_BUSY: Final = timedelta(minutes=1)


# Errors of the run itself end up in its row; the queue retries only when that row could not be written.
@app.task(name="schedules.run", retry=RetryStrategy(max_attempts=6, exponential_wait=4))  # type: ignore[untyped-decorator]
def run_schedule(*, run_id: str, key: str) -> None:
    schedule = known_schedules().get(key)
    if schedule is None:
        log.warning("the schedule %s is not known to this release", key)
        return
    with _alone(key) as is_alone:
        if not is_alone:
            running.put_off(UUID(run_id), clock.now() + _STILL_BUSY)
            return
        began_at = clock.now()
        if not running.begin(UUID(run_id), at=began_at):
            return
        try:
            done_count = schedule.run(began_at)
        except Exception as error:
            log.exception("the schedule %s failed", key)
            running.fail(UUID(run_id), error, at=clock.now())
        else:
            running.succeed(UUID(run_id), done_count, at=clock.now())


@contextmanager
def _alone(key: str) -> Iterator[bool]:
    """A lock of the session: it ends with the connection, hence with the process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('mainstay.schedule'), hashtext(%s))", [key])
        (is_held,) = cursor.fetchone()
    try:
        yield is_held
    finally:
        if is_held:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(hashtext('mainstay.schedule'), hashtext(%s))", [key]
                )
