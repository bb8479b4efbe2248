"""After a restore into another cluster.

The numbers in `event.tx` count transactions of the cluster they were written in. A new cluster counts from
the beginning again: old events would lie in its future, and new ones before the followers' positions. So all
old events get the lowest number there is, among themselves ordered by `n`; a follower's position becomes the
last event before the first one it has not handled, and what it handled beyond that is written down in
`event_handled`, as after a crash. Nothing is handled twice, nothing is left out.

Physical copies and copies within a cluster keep their numbers; nothing happens there.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, Final

from django.db import connection

from mainstay.core.wall.scope import sweep

log = logging.getLogger(__name__)

OLD_TX: Final = 3
"""The first number a cluster gives to a transaction, long before there are tables."""


def rebase_if_foreign(*, at: datetime) -> bool:
    """Called by the one follower before it begins. Returns whether there was anything to do."""
    with sweep("follow_events", timeout_ms=0), connection.cursor() as cursor:
        if not _is_foreign(cursor):
            return False
        log.warning("the events come from another database cluster; giving them numbers of this one")
        # Writers wait; readers go on.
        cursor.execute("LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("LOCK TABLE event_position IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(_BORDER)
        border = int(cursor.fetchone()[0])
        cursor.execute(_REMEMBER, {"at": at})
        cursor.execute(_MOVE, {"old": str(OLD_TX), "at": at})
        cursor.execute(
            "UPDATE event SET tx = %s::text::xid8 WHERE n <= %s AND tx <> %s::text::xid8",
            [str(OLD_TX), border, str(OLD_TX)],
        )
        log.warning("%s events have new numbers", cursor.rowcount)
    return True


def _is_foreign(cursor: Any) -> bool:
    """Another cluster's identity, or a number that this one has not given out yet."""
    cursor.execute(
        """
        SELECT EXISTS (SELECT FROM event_position
                       WHERE cluster <> (SELECT system_identifier::text FROM pg_control_system())
                          OR tx > pg_snapshot_xmax(pg_current_snapshot()))
            OR EXISTS (SELECT FROM event WHERE tx >= pg_snapshot_xmax(pg_current_snapshot()))
        """
    )
    return bool(cursor.fetchone()[0])


# Up to which `n` the events are old ones for certain. New ones lie above: a restore brings the sequence too.
_BORDER: Final = """
    SELECT greatest(
        (SELECT coalesce(max(n), 0) FROM event WHERE tx >= pg_snapshot_xmax(pg_current_snapshot())),
        (SELECT coalesce(max(top_n), 0) FROM event_position))
"""

# The follower's first event that it has not handled; `top_n` tells new events from old ones with their numbers.
_FIRST_OPEN: Final = """
    SELECT coalesce(min(e.n), p.top_n + 1) FROM event e
    WHERE e.n > p.top_n OR (e.tx, e.n) > (p.tx, p.n)
"""

_REMEMBER: Final = f"""
    INSERT INTO event_handled (handler, event_n, at, attempts, error)
    SELECT p.follower, e.n, %(at)s, 0, ''
    FROM event_position p
    CROSS JOIN LATERAL ({_FIRST_OPEN}) AS open(n)
    JOIN event e ON e.n > open.n AND e.n <= p.top_n AND (e.tx, e.n) <= (p.tx, p.n)
    ON CONFLICT DO NOTHING
"""  # noqa: S608 – constants

_MOVE: Final = f"""
    UPDATE event_position p
    SET tx = %(old)s::text::xid8, n = ({_FIRST_OPEN}) - 1, moved_at = %(at)s,
        cluster = (SELECT system_identifier::text FROM pg_control_system())
"""  # noqa: S608 – constants
