"""What is due is claimed by a lease, and how it went is written down. The sending itself is between the two, outside
of any transaction: see `jobs.py`.

Nobody starves: of one endpoint only a few are claimed at a time, and endpoints that fail have a lane of their own. A
worker that dies leaves its claims, which end by themselves; what it had sent goes out again under the same id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from mainstay.core.actor import Actor, system_actor
from mainstay.core.secrets import unseal
from mainstay.core.wall.scope import operator_scope, scope, sweep
from mainstay.integrations.webhooks.actions.endpoints import hold, record_on
from mainstay.integrations.webhooks.events import EndpointStateChanged
from mainstay.integrations.webhooks.models import Delivery, Endpoint
from mainstay.integrations.webhooks.notices import tell_of_stop
from mainstay.integrations.webhooks.queries import side_of
from mainstay.integrations.webhooks.rules import (
    FAILING_AFTER,
    LEASE,
    DeliveryState,
    EndpointState,
    Judgement,
    Outcome,
    judge,
    next_try,
    rest,
)

SWEEP: Final = "send_webhooks"
_SAY_AGAIN: Final = timedelta(minutes=1)
"""An endpoint that works is not written to for each delivery."""


@dataclass(frozen=True, slots=True)
class Claimed:
    delivery_id: UUID
    tenant_id: UUID | None
    endpoint_id: UUID
    name: str
    body: str
    is_test: bool
    attempts: int
    queued_at: datetime
    url: str
    sealed: str
    old_sealed: str | None
    is_well: bool
    """Its endpoint worked a moment ago: another success changes nothing about it."""

    def secrets(self) -> list[str]:
        """Raises CannotUnseal."""
        return [unseal(one) for one in (self.sealed, self.old_sealed) if one]


# A test goes out whatever state its endpoint is in, and is tried once.
_CLAIM: Final = """
    WITH due AS (
        SELECT d.id FROM webhook_endpoint ep
        CROSS JOIN LATERAL (
            SELECT x.id, x.next_at FROM webhook_delivery x
            WHERE x.endpoint_id = ep.id AND x.next_at <= %(now)s AND (x.event_n IS NULL
                OR ep.state = 'active' AND coalesce(ep.rests_until <= %(now)s, true))
            ORDER BY x.next_at, x.id
            LIMIT greatest(0, %(each)s - coalesce((%(busy)s::jsonb ->> ep.id::text)::int, 0))
            FOR UPDATE SKIP LOCKED
        ) d
        WHERE (ep.failing_since IS NOT NULL) = %(ailing)s
        ORDER BY d.next_at, d.id LIMIT %(limit)s
    )
    UPDATE webhook_delivery d SET attempts = d.attempts + 1, next_at = %(until)s, tried_at = %(now)s
    FROM due, webhook_endpoint ep
    WHERE d.id = due.id AND ep.id = d.endpoint_id
    RETURNING d.id, d.tenant_id, d.endpoint_id, d.name, d.body, d.event_n IS NULL, d.attempts, d.queued_at,
        ep.url, ep.secret, CASE WHEN ep.old_secret_until > %(now)s THEN ep.old_secret END,
        ep.failing_since IS NULL AND coalesce(ep.last_success_at > %(well)s, false)
"""


def claim(now: datetime, limit: int, *, each: int, busy: Mapping[UUID, int], ailing: bool) -> list[Claimed]:
    """`each`: of one endpoint at the same time, `busy` being under way. `ailing`: of endpoints that fail, else of
    the others."""
    with sweep(SWEEP), connection.cursor() as cursor:
        # A commit need not wait for the disk: what a crash takes back is sent again under the same id.
        cursor.execute(
            "SELECT EXISTS (SELECT FROM webhook_delivery WHERE next_at <= %s), "
            "set_config('synchronous_commit', 'off', true)",
            [now],
        )
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(
            _CLAIM,
            {
                "now": now,
                "until": now + LEASE,
                "limit": limit,
                "each": each,
                "ailing": ailing,
                "well": now - _SAY_AGAIN,
                "busy": json.dumps({str(key): count for key, count in busy.items()}),
            },
        )
        return [Claimed(*row) for row in cursor.fetchall()]


Tried = tuple[Claimed, Outcome]


def write_down(tried: Sequence[Tried], *, at: datetime, jitter: float) -> None:
    """Only where the claim still stands: of two who sent the same, the later one's word counts."""
    stopped: list[tuple[Claimed, EndpointState]] = []
    with sweep(SWEEP), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        for one, outcome in tried:
            judgement = judge(outcome)
            again = None
            if not one.is_test and judgement in (Judgement.RETRY, Judgement.DOUBTFUL):
                again = next_try(
                    judgement, outcome, attempts=one.attempts, queued_at=one.queued_at, at=at, jitter=jitter
                )
            if not _settle(one, outcome, judgement, again):
                continue
            if judgement is Judgement.DELIVERED:
                if not one.is_well:
                    _note_success(one, at)
            elif not one.is_test and (state := _note_failure(one, outcome, judgement, at)):
                stopped.append((one, state))
    for one, state in stopped:
        stop_endpoint(one.tenant_id, one.endpoint_id, state, at=at)


def _settle(one: Claimed, outcome: Outcome, judgement: Judgement, again: datetime | None) -> bool:
    state = DeliveryState.QUEUED if again else DeliveryState.FAILED
    if judgement is Judgement.DELIVERED:
        state = DeliveryState.DELIVERED
    claimed = Delivery.objects.filter(id=one.delivery_id, state=DeliveryState.QUEUED, attempts=one.attempts)
    return bool(
        claimed.update(
            state=state,
            next_at=again,
            status=outcome.status,
            seconds=outcome.seconds,
            answer=outcome.answer,
            error=outcome.error,
        )
    )


def _note_success(one: Claimed, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE webhook_endpoint SET failures = 0, failing_since = NULL, rests_until = NULL, "
            "last_success_at = %(at)s WHERE id = %(id)s AND (failing_since IS NOT NULL "
            "OR last_success_at IS NULL OR last_success_at < %(before)s)",
            {"id": one.endpoint_id, "at": at, "before": at - _SAY_AGAIN},
        )


def _note_failure(one: Claimed, outcome: Outcome, judgement: Judgement, at: datetime) -> EndpointState | None:
    """The state that the endpoint must go to, where it is time."""
    found = Endpoint.objects.select_for_update(no_key=True).filter(id=one.endpoint_id)
    endpoint = found.filter(state=EndpointState.ACTIVE).first()
    if endpoint is None:
        return None
    endpoint.failing_since = endpoint.failing_since or at
    endpoint.failures = min(endpoint.failures + 1, 1000)
    if judgement is Judgement.RETRY:
        endpoint.rests_until = at + rest(endpoint.failures, outcome, at)
    endpoint.save(update_fields=["failing_since", "failures", "rests_until"])
    if judgement is Judgement.GONE:
        return EndpointState.GONE
    return EndpointState.FAILING if at - endpoint.failing_since >= FAILING_AFTER else None


def stop_endpoint(tenant_id: UUID | None, endpoint_id: UUID, state: EndpointState, *, at: datetime) -> None:
    """What waits is held, and those who look after it are told."""
    actor = system_actor(tenant_id)
    with _bound_for(actor):
        found = Endpoint.objects.select_for_update(no_key=True).filter(
            **side_of(tenant_id), id=endpoint_id, state=EndpointState.ACTIVE
        )
        endpoint = found.first()
        if endpoint is None:
            return
        endpoint.state, endpoint.rests_until = state.value, None
        endpoint.save(update_fields=["state", "rests_until"])
        hold(endpoint)
        changed = EndpointStateChanged(endpoint.id, EndpointState.ACTIVE.value, state.value)
        fact = record_on(actor, endpoint, changed, at)
        tell_of_stop(endpoint, cause=fact.n, at=at)


def _bound_for(actor: Actor) -> AbstractContextManager[Any]:
    return operator_scope(actor) if actor.tenant_id is None else scope(actor)
