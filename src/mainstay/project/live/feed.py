"""What happened, read by one thread on one connection and handed to the event loop."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from mainstay.core.events.actions import CHANNEL
from mainstay.core.events.follow import is_ahead, present_mark, settled_after
from mainstay.core.events.types import Fact, Mark
from mainstay.core.loops.running import RunningLoop
from mainstay.core.loops.types import Loop
from mainstay.core.wall.scope import sweep
from mainstay.people.access.open_sessions import SESSION_ENDED
from mainstay.people.messages.notices.telling import CHANNEL as NOTICES
from mainstay.project.live.hub import Hub
from mainstay.project.live.rules import TicketAudience, hint_of, people_of

NAME = "live_stream"


class Feed(RunningLoop):
    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop, stop: threading.Event, ended: Any) -> None:
        super().__init__(
            Loop(name=NAME, run_due=self._read, tick_seconds=0.5, wake_channel=CHANNEL, limit=500), stop
        )
        self._hub, self._loop, self._ended = hub, loop, ended
        self._mark: Mark | None = None
        self._knows: object = None

    def channels(self) -> tuple[str, ...]:
        return CHANNEL, SESSION_ENDED, NOTICES

    def heard(self, channel: str, payload: str) -> None:
        if channel == SESSION_ENDED:
            self._loop.call_soon_threadsafe(self._ended, payload)
        elif channel == NOTICES:
            self._loop.call_soon_threadsafe(self._hub.tell, people_of(payload))

    def _read(self, _now: datetime, limit: int) -> int:
        with sweep(NAME):
            self._find_place()
            assert self._mark is not None
            found = settled_after(self._mark, limit)
            if not found:
                return 0
            facts = [fact for fact, _ in found]
            audiences = _audiences(facts, self._hub_tenants())
        hints = [hint_of(fact, mark, audiences.get(fact.subject_id)) for fact, mark in found]
        self._mark = found[-1][1]
        self._loop.call_soon_threadsafe(self._hub.spread, hints)
        return len(hints)

    def _find_place(self) -> None:
        """Once for each connection: at first, and after a restore, everything begins at the present."""
        if self._knows is connection.connection:
            return
        if self._mark is None or is_ahead(self._mark):
            self._mark = present_mark()
            self._loop.call_soon_threadsafe(self._hub.begin_at, self._mark)
        self._knows = connection.connection

    def _hub_tenants(self) -> frozenset[UUID]:
        return asyncio.run_coroutine_threadsafe(self._ask_tenants(), self._loop).result(10)

    async def _ask_tenants(self) -> frozenset[UUID]:
        return self._hub.tenants_with_ordinary_members()


def _audiences(facts: list[Fact], tenants: frozenset[UUID]) -> dict[UUID, TicketAudience]:
    ids = {f.subject_id for f in facts if f.subject_kind == "ticket" and f.tenant_id in tenants}
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, t.requester_id, t.is_shared_with_tenant, "
            "array_remove(ARRAY(SELECT f.member_id FROM follower f WHERE f.tenant_id = t.tenant_id "
            "AND f.ticket_id = t.id) || t.handler_id, NULL) FROM ticket t WHERE t.id = ANY(%s)",
            [list(ids)],
        )
        return {row[0]: TicketAudience(row[1], row[2], frozenset(row[3])) for row in cursor.fetchall()}
