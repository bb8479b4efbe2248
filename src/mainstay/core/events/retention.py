"""Forgetting events that are older than the operator wants to keep."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from mainstay.core.wall.scope import sweep

_BATCH = 5_000


def forget_events(*, at: datetime, keep_days: int) -> int:
    """The oldest, as long as they are past their time and every follower has passed them. 0 days: for ever."""
    gone = 0
    while keep_days:
        with sweep("retention"), connection.cursor() as cursor:
            cursor.execute(_FORGET, {"before": at - timedelta(days=keep_days), "batch": _BATCH})
            gone += cursor.rowcount
            if cursor.rowcount < _BATCH:
                break
    return gone


# By `n`, which grows with time: no index on the time is needed.
_FORGET = """
    DELETE FROM event WHERE n IN (
        SELECT e.n FROM (SELECT n, tx, at FROM event ORDER BY n LIMIT %(batch)s) e
        WHERE e.at < %(before)s
          AND NOT EXISTS (SELECT FROM event_position p WHERE (e.tx, e.n) > (p.tx, p.n))
          AND NOT EXISTS (SELECT FROM event_handled h WHERE h.event_n = e.n)
    )
"""


def forget_followers(known: list[str], *, at: datetime, after: timedelta = timedelta(days=30)) -> int:
    """Followers that are no longer wired: an older release may still run, hence the wait."""
    with sweep("retention"), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM event_handled h USING event_position p WHERE h.handler = p.follower "
            "AND NOT p.follower = ANY(%s) AND p.moved_at < %s",
            [known, at - after],
        )
        cursor.execute(
            "DELETE FROM event_position WHERE NOT follower = ANY(%s) AND moved_at < %s", [known, at - after]
        )
        return int(cursor.rowcount)
