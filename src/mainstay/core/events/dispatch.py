"""The follower: hands events to their later handlers, in batches, each event once.

One worker process follows at a time, under a session advisory lock. A batch is split by tenant; a tenant's
share of it is one transaction for all handlers, in which each handler's record of each event is written
first. What dies in the middle is read again, and the records say what is done. Only after the whole batch
the positions move and the records go.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from mainstay.core.actor import Actor, system_actor
from mainstay.core.events.follow import (
    advance,
    enrol,
    events_after,
    is_settled,
    next_number,
    positions,
)
from mainstay.core.events.rebase import rebase_if_foreign
from mainstay.core.events.setting_aside import claim_due, due_retries, put_aside, put_off
from mainstay.core.events.types import Fact, Mark
from mainstay.core.events.wiring import Later, later_handlers
from mainstay.core.wall.scope import operator_scope, scope, sweep

log = logging.getLogger(__name__)

SWEEP: Final = "follow_events"
_RETRIES: Final = 50
_RETRY_EVERY: Final = timedelta(seconds=1)
"""While there is other work: what failed has waited for longer already."""
Work = list[tuple[Later, list[Fact]]]


class LeaseLost(RuntimeError):
    """The connection that held the lock is gone; somebody else may follow by now."""


class Lease:
    """The right to follow: a lock that lives and dies with the connection all the work is done on.

    A worker that lost it cannot commit anything either, so two never handle the same event.
    """

    def __init__(self) -> None:
        self._held_by: Any = None

    @property
    def is_held(self) -> bool:
        return self._held_by is not None and self._held_by is connection.connection

    def take(self) -> bool:
        if self.is_held:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext('mainstay.follow_events'))")
            got = bool(cursor.fetchone()[0])
            if got:
                # A commit need not wait for the disk: a crash of the server takes what was done together with
                # the record that it was done, and both are done again. Five times as many events a second (measured).
                cursor.execute("SET synchronous_commit = off")
        self._held_by = connection.connection if got else None
        return got

    def give_back(self) -> None:
        if self.is_held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('mainstay.follow_events'))")
                cursor.execute("RESET synchronous_commit")
        self._held_by = None


class Follower:
    """Batches and their delivery. The worker's loop calls `run_due`, again at once after a full batch."""

    def __init__(self, *, checks_lease: bool = True) -> None:
        self.lease = Lease()
        self._checks_lease = checks_lease
        self._is_ready = False
        self._retry_at = datetime.min.replace(tzinfo=UTC)

    def run_due(self, now: datetime, limit: int) -> int:
        if not self.lease.is_held:
            self._is_ready = False
            if not self.lease.take():
                return 0  # somebody else follows; this worker stands by
        if not self._is_ready:
            rebase_if_foreign(at=now)
            with sweep(SWEEP):
                enrol(later_handlers(), at=now)
            self._is_ready = True
        read = self._follow(now, limit)
        retried = 0
        if read == 0 or now >= self._retry_at:
            retried, self._retry_at = self._retry(now), now + _RETRY_EVERY
        return limit if read >= limit else read + retried

    def _follow(self, now: datetime, limit: int) -> int:
        """One batch for each place where handlers stand; usually they all stand at the same."""
        handlers = {h.name: h for h in later_handlers()}
        batches: list[tuple[list[Later], list[Fact], Mark]] = []
        with sweep(SWEEP):
            standing: dict[Mark, list[Later]] = {}
            for name, mark in positions(handlers).items():
                standing.setdefault(mark, []).append(handlers[name])
            for mark, group in standing.items():
                facts, reached = events_after(mark, limit)
                if facts:
                    batches.append((group, facts, reached))
        for group, facts, reached in batches:
            self.deliver(group, facts, now)
            with sweep(SWEEP):
                advance([h.name for h in group], reached, [f.n for f in facts], at=now)
        return max((len(facts) for _, facts, _ in batches), default=0)

    def deliver(self, handlers: Sequence[Later], facts: Sequence[Fact], now: datetime) -> None:
        by_tenant: dict[UUID | None, list[Fact]] = {}
        for fact in facts:
            by_tenant.setdefault(fact.tenant_id, []).append(fact)
        for tenant_id, theirs in by_tenant.items():
            work: Work = []
            for handler in handlers:
                wanted = [fact for fact in theirs if fact.name in handler.events]
                if wanted:
                    work.append((handler, wanted))
            if work:
                self._hand_over(tenant_id, work, now)

    def _hand_over(self, tenant_id: UUID | None, work: Work, now: datetime) -> None:
        """All at once; where that fails, handler by handler, then event by event: one bad event stops nobody."""
        try:
            _in_one_transaction(tenant_id, work, now)
        except Exception as error:
            self._check_lease(error)
            if len(work) > 1:
                for share in work:
                    self._hand_over(tenant_id, [share], now)
                return
            [(handler, facts)] = work
            if len(facts) > 1:
                for fact in facts:
                    self._hand_over(tenant_id, [(handler, [fact])], now)
                return
            log.exception("%s could not handle event %s (%s)", handler.name, facts[0].n, facts[0].name)
            with sweep(SWEEP):
                put_aside(handler.name, facts[0].n, error, at=now)

    def _retry(self, now: datetime) -> int:
        handlers = {h.name: h for h in later_handlers()}
        with sweep(SWEEP):
            due = due_retries(list(handlers), now, _RETRIES)
        for name, fact in due:
            try:
                with bound_for(fact.tenant_id):
                    if claim_due(name, fact.n):
                        handlers[name].handler([fact])
            except Exception as error:
                self._check_lease(error)
                log.exception("%s failed again at event %s (%s)", name, fact.n, fact.name)
                with sweep(SWEEP):
                    put_off(name, fact.n, error, at=now)
        return len(due)

    def _check_lease(self, error: Exception) -> None:
        if self._checks_lease and not self.lease.is_held:
            raise LeaseLost from error


def bound_for(tenant_id: UUID | None) -> AbstractContextManager[Actor]:
    """Where an event's follow-ups run: bound to its tenant; an event of the operator's own, as staff would."""
    if tenant_id is None:
        return operator_scope(system_actor())
    return scope(system_actor(tenant_id))


def _in_one_transaction(tenant_id: UUID | None, work: Work, now: datetime) -> None:
    with bound_for(tenant_id):
        fresh = _claim(work, now)
        for handler, facts in work:
            mine = [fact for fact in facts if (handler.name, fact.n) in fresh]
            if mine:
                handler.handler(mine)


def _claim(work: Work, now: datetime) -> set[tuple[str, int]]:
    """Write down that these events are being handled; those already written down are not returned."""
    pairs = [(handler.name, fact.n) for handler, facts in work for fact in facts]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO event_handled (handler, event_n, at, attempts, error) "
            "SELECT u.handler, u.n, %s, 0, '' FROM unnest(%s::text[], %s::bigint[]) u(handler, n) "
            "ON CONFLICT (handler, event_n) DO NOTHING RETURNING handler, event_n",
            [now, [name for name, _ in pairs], [n for _, n in pairs]],
        )
        return set(cursor.fetchall())


def follow_all(now: datetime, *, limit: int = 500) -> int:
    """Everything that is committed by now and what follows from it, waiting for transactions that are still
    open; for tests and commands, where no worker runs."""
    follower, total = Follower(), 0
    if not follower.lease.take():
        raise RuntimeError("a worker follows the events already")
    try:
        until = next_number()
        while (done := follower.run_due(now, limit)) or not is_settled(until):
            total += done
            if not done:
                time.sleep(0.005)
    finally:
        follower.lease.give_back()
    return total
