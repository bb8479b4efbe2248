"""Events become deliveries: one follower with a position of its own, a batch in one transaction.

Not a later handler: those are bound to the customer of each event, and the operator's endpoints belong to none. The
position, locked, is also what keeps two workers apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q

from mainstay.core.events.follow import HORIZON, advance, enrol, events_after
from mainstay.core.events.types import Fact, Mark
from mainstay.core.events.wiring import Later
from mainstay.core.ids import new_id
from mainstay.core.prepared import insert
from mainstay.core.wall.scope import sweep
from mainstay.integrations.webhooks.actions.waking import CHANNEL, wake_sender
from mainstay.integrations.webhooks.models import Delivery, Endpoint
from mainstay.integrations.webhooks.rules import (
    COLLECTING,
    DeliveryState,
    EndpointState,
    Listener,
    body_of,
    wants,
)

__all__ = ["CHANNEL", "FOLLOWER", "collect"]
FOLLOWER: Final = "webhooks.collect"
_SKIP_EVERY: Final = timedelta(minutes=1)
"""Where there is no endpoint the position is moved to the present so often: it holds back retention."""
_MOST_ROWS: Final = 500


def collect(now: datetime, limit: int) -> int:
    with sweep("follow_webhooks"):
        mark, moved_at, present, has_endpoints = _look(now)
        if not has_endpoints:
            if now - moved_at >= _SKIP_EVERY and present > mark and _lock(mark):
                advance([FOLLOWER], present, [], at=now)
            return 0
        facts, reached = events_after(mark, limit)
        if not facts or not _lock(mark):
            return 0
        rows = list(_deliveries(facts, _listeners({fact.tenant_id for fact in facts}), now))
        for start in range(0, len(rows), _MOST_ROWS):
            insert(rows[start : start + _MOST_ROWS], skip_conflicts=True)
        advance([FOLLOWER], reached, [fact.n for fact in facts], at=now)
        if rows:
            wake_sender()
        return len(facts)


# One statement, one snapshot: an endpoint that it does not see commits after it, and hears of everything from then on.
_LOOK: Final = f"""
    SELECT p.tx::text::bigint, p.n, p.moved_at, ({HORIZON})::text::bigint,
           EXISTS (SELECT FROM webhook_endpoint WHERE state = ANY(%s))
    FROM event_position p WHERE p.follower = %s
"""  # noqa: S608 – constants


def _look(now: datetime) -> tuple[Mark, datetime, Mark, bool]:
    """Where we stand, since when, what is the present, and whether anybody listens. Locks nothing."""
    collecting = sorted(COLLECTING)
    for _turn in range(2):
        with connection.cursor() as cursor:
            cursor.execute(_LOOK, [collecting, FOLLOWER])
            row = cursor.fetchone()
        if row is not None:
            return Mark(row[0], row[1]), row[2], Mark(row[3], 0), row[4]
        # From the beginning: endpoints may be older than this worker's first look, and know since when they listen.
        enrol([Later(FOLLOWER, _nothing, frozenset(), from_beginning=True)], at=now)
    raise RuntimeError("the follower of webhooks has no position")


def _lock(mark: Mark) -> bool:
    """Whether we still stand there, and alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM event_position WHERE follower = %s AND tx = %s::text::xid8 AND n = %s "
            "FOR UPDATE SKIP LOCKED",
            [FOLLOWER, str(mark.tx), mark.n],
        )
        return cursor.fetchone() is not None


def _nothing(_facts: Sequence[Fact]) -> None:
    """It is no later handler; it only has a position like one."""


def _listeners(tenant_ids: set[UUID | None]) -> list[Listener]:
    theirs = Q(tenant_id__isnull=True) | Q(tenant_id__in=[one for one in tenant_ids if one is not None])
    found = Endpoint.objects.filter(theirs, state__in=COLLECTING).order_by("id")
    rows = found.values_list("id", "tenant_id", "event_names", "listens_since", "state")
    return [
        Listener(row_id, tenant_id, frozenset(names), since, is_active=state == EndpointState.ACTIVE)
        for row_id, tenant_id, names, since, state in rows
    ]


def _deliveries(facts: Sequence[Fact], listeners: Sequence[Listener], now: datetime) -> Iterable[Delivery]:
    by_side: dict[UUID | None, list[Listener]] = {}
    for listener in listeners:
        by_side.setdefault(listener.tenant_id, []).append(listener)
    for fact in facts:
        concerned = [*by_side.get(None, ()), *(by_side.get(fact.tenant_id, ()) if fact.tenant_id else ())]
        for listener in concerned:
            if wants(listener, fact):
                yield _delivery(fact, listener, now)


def _delivery(fact: Fact, listener: Listener, now: datetime) -> Delivery:
    delivery_id = new_id()
    return Delivery(
        id=delivery_id,
        tenant_id=listener.tenant_id,
        endpoint_id=listener.endpoint_id,
        event_n=fact.n,
        name=fact.name,
        body=body_of(delivery_id, listener, fact, settings.MAINSTAY_URL),
        state=DeliveryState.QUEUED if listener.is_active else DeliveryState.HELD,
        next_at=now if listener.is_active else None,
        created_at=now,
        queued_at=now,
    )
