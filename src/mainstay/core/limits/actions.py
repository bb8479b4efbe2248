"""Spending from buckets, keeping answers, forgetting both."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from mainstay.core.limits.models import IdempotencyKey, RateBucket
from mainstay.core.limits.rules import Limit, Verdict, verdict
from mainstay.core.prepared import prepared_cursor
from mainstay.core.secrets import seal

KEEP_ANSWERS: Final = timedelta(days=2)
_IDLE: Final = timedelta(days=1)
"""After that every bucket has refilled."""
_BATCH: Final = 5_000

_REFILLED = """least(%(burst)s, b.tokens + %(rate)s
  * greatest(0, extract(epoch FROM %(at)s::timestamptz - b.filled_at)::float8))"""
# Updated only where enough is there, so a refused request costs nothing. In an unlogged table there is no disk
# flush to wait for; kept plain, since planning it costs more than running it.
_SPEND = """
INSERT INTO rate_bucket AS b (key, tokens, filled_at) VALUES (%(key)s, %(burst)s - %(cost)s, %(at)s)
ON CONFLICT (key) DO UPDATE SET tokens = REFILLED - %(cost)s, filled_at = greatest(b.filled_at, %(at)s)
WHERE REFILLED >= %(cost)s RETURNING tokens
""".replace("REFILLED", _REFILLED)
_LEFT = "SELECT REFILLED FROM rate_bucket b WHERE key = %(key)s".replace("REFILLED", _REFILLED)


def spend(key: str, *, rate: float, burst: int, cost: float = 1, at: datetime) -> Verdict:
    """Take from the bucket of that key. Outside any scope: its commit must not wait for the request's."""
    if not 0 < cost <= burst or rate <= 0:
        raise ValueError(f"a bucket of {burst} at {rate}/s cannot give {cost}")
    parameters: dict[str, Any] = {
        "key": key,
        "rate": rate,
        "burst": float(burst),
        "cost": float(cost),
        "at": at,
    }
    with prepared_cursor() as cursor:
        cursor.execute(_SPEND, parameters)
        row = cursor.fetchone()
        allowed = row is not None
        if not allowed:
            cursor.execute(_LEFT, parameters)
            row = cursor.fetchone()
    tokens = row[0] if row else 0.0
    return verdict(allowed=allowed, tokens=tokens, limit=Limit(rate, burst), cost=cost)


def keep_answer(owner: UUID, key: str, request_hash: str, status: int, body: str, *, at: datetime) -> None:
    """Inside the scope, as its last act. Waits for a request with the same key that is under way, and then
    fails on the constraint `uq_idempotency_key`. Sealed: an answer may hold a secret that is shown once, and no
    wall between customers stands around this table."""
    # Not through the ORM, which would read the id back: scopes may insert here and nothing else.
    with prepared_cursor() as cursor:
        cursor.execute(
            "INSERT INTO idempotency_key (owner, key, request_hash, status, body, created_at) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [owner, key, request_hash, status, seal(body), at],
        )


def forget_old(*, at: datetime) -> int:
    """Kept answers past their time, and buckets that are full again. Called by a job, outside any scope."""
    gone = 0
    while True:
        old = IdempotencyKey.objects.filter(created_at__lt=at - KEEP_ANSWERS).values("id")[:_BATCH]
        count, _kinds = IdempotencyKey.objects.filter(id__in=old).delete()
        gone += count
        if count < _BATCH:
            break
    count, _kinds = RateBucket.objects.filter(filled_at__lt=at - _IDLE).delete()
    return gone + count
