"""The worker: follows the events, runs what is due by the clock, and runs jobs. `python -m mainstay.project.worker`

Threads with a connection each: one for every loop of `loops.py`, as many as MAINSTAY_WORKER_CONCURRENCY for
jobs, and two for the queue itself (one listens). None of them ends by an error; SIGTERM lets each finish what
it has begun, for ten seconds at most.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import django

log = logging.getLogger("mainstay.worker")

DRAIN_SECONDS: Final = 9.0
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 15.0
JOBS: Final = "jobs"


class JobRunner:
    """Procrastinate's worker in a thread of its own, begun again whenever it ends."""

    def __init__(self, concurrency: int, stop: threading.Event) -> None:
        self._concurrency = concurrency
        self._stop = stop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def run(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                asyncio.run(self._work())
            except Exception:
                log.exception("the job queue failed; again in %.1f s", pause)
            if self._stop.is_set():
                break
            pause = _FIRST_PAUSE_S if time.monotonic() - began > 60 else min(pause * 2, _LONGEST_PAUSE_S)
            self._stop.wait(pause)

    def ask_to_stop(self) -> None:
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            try:
                loop.call_soon_threadsafe(task.cancel)
            except RuntimeError:
                pass  # it has ended just now

    async def _work(self) -> None:
        from procrastinate.contrib.django import app
        from procrastinate.contrib.django.utils import connector_params
        from procrastinate.psycopg_connector import PsycopgConnector

        self._loop = asyncio.get_running_loop()
        # Jobs are plain functions, each in a thread with a Django connection: as many threads as jobs at once.
        self._loop.set_default_executor(ThreadPoolExecutor(self._concurrency, "job"))
        connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=1, timeout=10)
        # A copy: through the app itself, jobs are deferred inside Django's transactions, also in this process.
        runner = app.with_connector(connector)
        async with runner.open_async():
            self._task = asyncio.create_task(
                runner.run_worker_async(
                    name="worker",
                    concurrency=self._concurrency,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=DRAIN_SECONDS - 2,
                )
            )
            beat = asyncio.create_task(self._give_signs())
            if self._stop.is_set():
                self._task.cancel()
            try:
                await self._task
            except asyncio.CancelledError:
                if not self._stop.is_set():
                    raise
            finally:
                beat.cancel()

    async def _give_signs(self) -> None:
        from mainstay.core.clock import now
        from mainstay.core.loops.running import sign

        def once() -> None:
            from django.db import connection

            try:
                sign(JOBS, now(), 0)
            finally:
                connection.close()

        with ThreadPoolExecutor(1, "sign") as thread:
            while True:
                await asyncio.get_running_loop().run_in_executor(thread, once)
                await asyncio.sleep(10)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mainstay.project.settings")
    django.setup()
    from django.db import connection

    from mainstay.core.loops.running import RunningLoop
    from mainstay.core.wall.login import refuse_dangerous_login
    from mainstay.project.loops import loops
    from mainstay.project.options import options

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    refuse_dangerous_login()
    connection.close()
    jobs = JobRunner(options().worker_concurrency, stop)
    threads = [threading.Thread(target=jobs.run, name=JOBS, daemon=True)]
    for loop in loops():
        threads.append(threading.Thread(target=RunningLoop(loop, stop).run, name=loop.name, daemon=True))
    for thread in threads:
        thread.start()
    log.info("at work: %s", ", ".join(thread.name for thread in threads))
    stop.wait()
    return _drain(threads, jobs)


def _drain(threads: list[threading.Thread], jobs: JobRunner) -> int:
    deadline = time.monotonic() + DRAIN_SECONDS
    jobs.ask_to_stop()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = [thread.name for thread in threads if thread.is_alive()]
    if late:
        # What they had begun is undone by the database, and done again by the next worker.
        log.warning("ended while still at work: %s", ", ".join(late))
        logging.shutdown()
        os._exit(1)
    return 0


if __name__ == "__main__":
    # By its name: the queue warns of apps that are made in __main__.
    sys.exit(importlib.import_module("mainstay.project.worker").main())
