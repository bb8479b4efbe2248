"""Sending: claims what is due, sends it in threads of its own, writes down how it went."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from mainstay.core.outgoing import (
    Guard,
    OutgoingFailed,
    OutgoingRefused,
    operator_guard,
    public_guard,
    send,
)
from mainstay.core.secrets import CannotUnseal
from mainstay.integrations.webhooks.actions.sending import Claimed, Tried, claim, write_down
from mainstay.integrations.webhooks.rules import ANSWER_BYTES, TIMEOUT_S, Outcome, headers_of, signature

_THREADS: Final = 24
_FOR_THE_AILING: Final = 8
"""Of them at most so many for endpoints that fail: those that hang are among these."""
_EACH: Final = 4
"""At the same time to one endpoint; to one that fails: one."""
_TURN_S: Final = 1.0
"""Then the loop gives its sign of life and goes on."""


_LOOK_S: Final = 0.1
"""While something hangs: look for what else is due."""

_GATHER_S: Final = 0.004
"""What ends together is written down together."""


def guard_for(tenant_id: UUID | None) -> Guard:
    return operator_guard() if tenant_id is None else public_guard()


class Sender:
    """Requests run in threads without a database connection; the loop's own thread claims and writes down."""

    def __init__(
        self, *, guard: Callable[[UUID | None], Guard] = guard_for, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._guard, self._timeout_s = guard, timeout_s
        self._done: queue.SimpleQueue[Tried] = queue.SimpleQueue()
        self._busy: Counter[UUID] = Counter()
        self._ailing = 0
        self._look_at_ailing = 0.0
        self._lanes: dict[UUID, bool] = {}

    def run_due(self, now: datetime, limit: int) -> int:
        """Returns `limit` where something is still under way or due."""
        began = time.monotonic()
        done = 0
        while True:
            at = now + timedelta(seconds=time.monotonic() - began)
            self._begin(at, ailing=False)
            if time.monotonic() >= self._look_at_ailing:  # they have time
                self._look_at_ailing = time.monotonic() + _LOOK_S
                self._begin(at, ailing=True)
            if not self._busy.total():
                return min(done, limit - 1)
            done += self._finish(now, began)
            if time.monotonic() - began >= _TURN_S:
                return limit

    def _begin(self, at: datetime, *, ailing: bool) -> None:
        room = _THREADS - self._busy.total()
        if ailing:
            room = min(room, _FOR_THE_AILING - self._ailing)
        if room <= 0:
            return
        claimed = claim(at, room, each=1 if ailing else _EACH, busy=self._busy, ailing=ailing)
        for one in claimed:
            self._busy[one.endpoint_id] += 1
            self._ailing += ailing
            self._lanes[one.delivery_id] = ailing
            threading.Thread(target=self._try, args=(one, at), name="webhook", daemon=True).start()

    def _try(self, one: Claimed, at: datetime) -> None:
        self._done.put((one, try_once(one, at, self._guard(one.tenant_id), self._timeout_s)))

    def _finish(self, now: datetime, began: float) -> int:
        """What has ended by now; waits for the first."""
        tried: list[Tried] = []
        try:
            tried.append(self._done.get(timeout=_LOOK_S))
            while True:
                tried.append(self._done.get(timeout=_GATHER_S))
        except queue.Empty:
            pass
        for one, _outcome in tried:
            self._busy[one.endpoint_id] -= 1
            self._ailing -= self._lanes.pop(one.delivery_id)
        self._busy = +self._busy
        if tried:
            at = now + timedelta(seconds=time.monotonic() - began)
            write_down(tried, at=at, jitter=random.random())  # noqa: S311 – spreads retries, no secret
        return len(tried)


def try_once(one: Claimed, at: datetime, guard: Guard, timeout_s: float) -> Outcome:
    """Network only. Never raises: a thread that dies would keep its endpoint busy for ever."""
    try:
        body = one.body.encode()
        signed = signature(one.secrets(), body, at)
        answer = send(
            "POST",
            one.url,
            headers=headers_of(one.delivery_id, one.name, signed),
            content=body,
            timeout_s=timeout_s,
            max_bytes=ANSWER_BYTES,
            keep_beginning=True,
            guard=guard,
        )
    except OutgoingRefused as refused:
        return Outcome(None, 0.0, error=refused.refusal.value, is_refused=True)
    except OutgoingFailed as failed:
        return Outcome(None, failed.seconds, error=failed.kind.value, answer=_storable(str(failed)))
    except CannotUnseal as locked:
        return Outcome(None, 0.0, error="secret", answer=str(locked))
    except Exception as error:
        return Outcome(None, 0.0, error="other", answer=_storable(f"{type(error).__name__}: {error}"))
    return Outcome(
        answer.status,
        answer.seconds,
        answer=_storable(answer.body.decode("utf-8", "replace")),
        retry_after=answer.headers.get("retry-after", ""),
    )


def _storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:ANSWER_BYTES]
