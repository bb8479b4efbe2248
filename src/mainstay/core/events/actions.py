"""Recording what happened."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from mainstay.core.actor import Actor
from mainstay.core.bulk import insert_rows
from mainstay.core.events.events import AuditExported
from mainstay.core.events.models import Event
from mainstay.core.events.types import Fact, Happening, Visibility
from mainstay.core.events.wiring import now_handlers
from mainstay.core.prepared import insert

CHANNEL = "mainstay_event"
_POKE_INTERVAL_S = 0.01
_last_poke = 0.0
_MAX_DEPTH = 16
_MOST_ROWS = 500
"""In one statement, which may have 65,535 parameters."""


def record(
    actor: Actor,
    happening: Happening,
    *,
    tenant_id: UUID | None,
    at: datetime,
    visibility: Visibility | None = None,
) -> Fact:
    """Append the event and let those who react at once do so, in this transaction."""
    row = _row(actor, happening, tenant_id, at, visibility)
    insert([row])
    fact = fact_of(row)
    _react(actor, happening, fact)
    transaction.on_commit(_poke)
    return fact


def record_many(
    actor: Actor, happenings: Sequence[tuple[UUID | None, Happening]], *, at: datetime
) -> list[Fact]:
    """Many events, each with its tenant, in this order: one statement."""
    if not happenings:
        return []
    rows = [_row(actor, happening, tenant_id, at, None) for tenant_id, happening in happenings]
    for start in range(0, len(rows), _MOST_ROWS):
        insert(rows[start : start + _MOST_ROWS])
    facts = [fact_of(row) for row in rows]
    for (_tenant_id, happening), fact in zip(happenings, facts, strict=True):
        _react(actor, happening, fact)
    transaction.on_commit(_poke)
    return facts


def record_set(actor: Actor, happenings: Sequence[tuple[UUID | None, Happening]], *, at: datetime) -> None:
    """As `record_many` for thousands of them, of which nobody needs the facts. Those to which somebody reacts at
    once come last."""
    awaited = [pair for pair in happenings if now_handlers(pair[1].name)]
    quiet = [pair for pair in happenings if not now_handlers(pair[1].name)]
    insert_rows(Event, [_columns(actor, happening, tenant_id, at, None) for tenant_id, happening in quiet])
    record_many(actor, awaited, at=at)
    transaction.on_commit(_poke)


def note_export(actor: Actor, *, file_format: str, at: datetime) -> None:
    """Somebody takes the audit log along."""
    if actor.person_id is not None:
        event = AuditExported(person_id=actor.person_id, format=file_format)
        record(actor, event, tenant_id=actor.tenant_id, at=at)


def _react(actor: Actor, happening: Happening, fact: Fact) -> None:
    for handler in now_handlers(happening.name):
        try:
            handler(actor, happening, fact)
        except BaseException:
            # Whoever catches this must not commit the half that was done before it.
            transaction.set_rollback(True)
            raise


def _row(
    actor: Actor,
    happening: Happening,
    tenant_id: UUID | None,
    at: datetime,
    visibility: Visibility | None,
) -> Event:
    return Event(**_columns(actor, happening, tenant_id, at, visibility))


def _columns(
    actor: Actor,
    happening: Happening,
    tenant_id: UUID | None,
    at: datetime,
    visibility: Visibility | None,
) -> dict[str, Any]:
    origin = actor.origin
    if origin.depth > _MAX_DEPTH:
        raise RuntimeError(f"{happening.name}: events cause each other in a circle")
    return {
        "at": at,
        "name": happening.name,
        "tenant_id": tenant_id,
        "actor_kind": actor.kind,
        "actor_id": actor.person_id,
        "subject_kind": happening.subject_kind,
        "subject_id": happening.subject_id,
        "visibility": visibility or happening.visibility,
        "data": happening.data(),
        "door": origin.door,
        "ip": origin.ip,
        "request_id": origin.request_id,
        "cause": origin.cause,
        "depth": origin.depth,
    }


def fact_of(row: Event) -> Fact:
    return Fact(
        n=row.n,
        name=row.name,
        tenant_id=row.tenant_id,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        visibility=row.visibility,
        data=row.data,
        depth=row.depth,
    )


def _poke() -> None:
    """Wake the followers, after the commit and seldom.

    A NOTIFY inside the transaction would make commits queue for one cluster-wide lock, through the disk
    flush; alone it writes nothing. One that is skipped or lost costs a follower's tick, no more.
    """
    global _last_poke
    moment = time.monotonic()
    if moment - _last_poke < _POKE_INTERVAL_S:
        return
    _last_poke = moment
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
