"""One loop in one thread: runs what is due, waits for its time or its channel, survives what goes wrong."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime
from typing import Final

from django.db import Error, connection

from mainstay.core import clock
from mainstay.core.loops.types import Loop

log = logging.getLogger(__name__)

_SIGN_EVERY_S: Final = 5.0
_LISTEN_SLICE_S: Final = 0.5
"""Longest wait on the socket before looking whether to stop."""
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_ERROR_LENGTH: Final = 300


class RunningLoop:
    def __init__(self, loop: Loop, stop: threading.Event) -> None:
        self.loop = loop
        self._stop = stop
        self._done = 0
        self._began = 0.0
        self._signed_at = float("-inf")
        self._failures = 0
        self._listens_on: object = None

    def run(self) -> None:
        """Until asked to stop. An error costs a pause and the connection, nothing else."""
        try:
            while not self._stop.is_set():
                try:
                    self._turn()
                    self._failures = 0
                except Exception as error:
                    self._fail(error)
        finally:
            connection.close()

    def channels(self) -> tuple[str, ...]:
        return (self.loop.wake_channel,) if self.loop.wake_channel else ()

    def heard(self, channel: str, payload: str) -> None:
        """A notification came; the loop runs at once in any case."""

    def _turn(self) -> None:
        self._listen()
        now, self._began = clock.now(), time.monotonic()
        count = self.loop.run_due(now, self.loop.limit)
        self._done += count
        if self._failures or time.monotonic() - self._signed_at >= _SIGN_EVERY_S:
            self._sign(now)
        if count < self.loop.limit:
            self._wait()

    def _listen(self) -> None:
        if not self.channels():
            return
        if self._listens_on is not None and self._listens_on is connection.connection:
            return
        with connection.cursor() as cursor:
            for channel in self.channels():
                cursor.execute(f"LISTEN {channel}")
        self._listens_on = connection.connection

    def _wait(self) -> None:
        if not self.channels():
            self._stop.wait(self.loop.tick_seconds)
            return
        until = time.monotonic() + self.loop.tick_seconds
        while not self._stop.is_set() and (left := until - time.monotonic()) > 0:
            link = connection.connection
            # All that came together: the rest of a batch is lost to whoever stops at its first.
            notes = list(link.notifies(timeout=min(left, _LISTEN_SLICE_S), stop_after=1))
            for note in notes:
                self.heard(note.channel, note.payload)
            if notes:
                self._stop.wait(max(0.0, self._began + self.loop.gather_seconds - time.monotonic()))
                return

    def _fail(self, error: Exception) -> None:
        self._failures += 1
        pause = min(_FIRST_PAUSE_S * 2 ** min(self._failures - 1, 10), _LONGEST_PAUSE_S)
        log.error("loop %s failed; again in %.1f s", self.loop.name, pause, exc_info=error)
        connection.close()  # whatever state it is in; the next turn opens another
        try:
            sign(self.loop.name, clock.now(), self._done, error=_words(error), failures=self._failures)
        except Error:
            log.warning("loop %s cannot write its sign: the database is away", self.loop.name)
            connection.close()
        self._stop.wait(pause)

    def _sign(self, now: datetime) -> None:
        sign(self.loop.name, now, self._done)
        self._done, self._signed_at = 0, time.monotonic()


def sign(loop: str, at: datetime, count: int, *, error: str = "", failures: int = 0) -> None:
    """As the doors role, outside any scope."""
    failed_at = at if error else None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO loop_heartbeat AS h "
            "(loop, last_ran_at, last_count, last_error, failed_at, failures) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (loop) DO UPDATE SET "
            "last_ran_at = excluded.last_ran_at, last_count = excluded.last_count, "
            "last_error = excluded.last_error, failures = excluded.failures, "
            "failed_at = coalesce(excluded.failed_at, h.failed_at)",
            [loop, at, count, error, failed_at, failures],
        )


def _words(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:_ERROR_LENGTH]
