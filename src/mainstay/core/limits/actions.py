"""Spending from buckets, keeping answers, forgetting both."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from mainstay.core.limits.models import IdempotencyKey, RateBucket
from mainstay.core.limits.rules import Limit, Verdict, verdict

KEEP_ANSWERS: Final = timedelta(days=2)
_IDLE: Final = timedelta(days=1)
"""After that every bucket has refilled."""
_BATCH: Final = 5_000

# The update happens only where enough is there, so a refused request costs nothing; what is left is then read
# from the row as it was. One statement, and in an unlogged table no disk flush.
_SPEND = """
WITH asked AS (
  SELECT %(key)s::text AS key, %(rate)s::float8 AS rate, %(burst)s::float8 AS burst,
         %(cost)s::float8 AS cost, %(at)s::timestamptz AS at
), spent AS (
  INSERT INTO rate_bucket AS b (key, tokens, filled_at)
  SELECT key, burst - cost, at FROM asked
  ON CONFLICT (key) DO UPDATE SET
    tokens = least(%(burst)s, b.tokens + %(rate)s
                   * greatest(0, extract(epoch FROM %(at)s::timestamptz - b.filled_at)::float8)) - %(cost)s,
    filled_at = greatest(b.filled_at, %(at)s::timestamptz)
  WHERE least(%(burst)s, b.tokens + %(rate)s
              * greatest(0, extract(epoch FROM %(at)s::timestamptz - b.filled_at)::float8)) >= %(cost)s
  RETURNING tokens
)
SELECT true, tokens FROM spent
UNION ALL
SELECT false, least(burst, b.tokens + rate * greatest(0, extract(epoch FROM at - b.filled_at)::float8))
FROM rate_bucket b JOIN asked USING (key) WHERE NOT EXISTS (SELECT FROM spent)
"""


def spend(key: str, *, rate: float, burst: int, cost: float = 1, at: datetime) -> Verdict:
    """Take from the bucket of that key. Outside any scope: its commit must not wait for the request's."""
    if not 0 < cost <= burst or rate <= 0:
        raise ValueError(f"a bucket of {burst} at {rate}/s cannot give {cost}")
    parameters = {"key": key, "rate": rate, "burst": float(burst), "cost": float(cost), "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, parameters)
        row = cursor.fetchone()
    allowed, tokens = row if row else (False, 0.0)  # no row: removed between the two looks; ask again
    return verdict(allowed=allowed, tokens=tokens, limit=Limit(rate, burst), cost=cost)


def keep_answer(owner: UUID, key: str, request_hash: str, status: int, body: str, *, at: datetime) -> None:
    """Inside the scope, as its last act. Waits for a request with the same key that is under way, and then
    fails on the constraint `uq_idempotency_key`."""
    # Not through the ORM, which would read the id back: scopes may insert here and nothing else.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO idempotency_key (owner, key, request_hash, status, body, created_at) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [owner, key, request_hash, status, body, at],
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
