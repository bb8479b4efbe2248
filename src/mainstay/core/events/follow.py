"""Reading the event table in order, and how far each follower got.

An event is settled, and read, once no transaction with a lower number is open in this database: nothing can
then commit an event that belongs before it. By id or by time a reader would lose what commits late.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from mainstay.core.events.types import Fact, Mark
from mainstay.core.events.wiring import Later

FACT_COLUMNS: Final = (
    "e.n, e.name, e.tenant_id, e.at, e.actor_kind, e.actor_id, e.subject_kind, e.subject_id, e.visibility, "
    "e.data::text, e.depth"
)


# The lowest number that is still open, of the very snapshot that the statement reads with. Numbers are given out
# for a whole cluster: what is found to be at work in another database is left out, else its long transactions
# would hold back our follow-ups. (A lock is taken just after its number: what has none yet counts as ours.)
HORIZON: Final = """
    SELECT coalesce(min(x), pg_snapshot_xmax(pg_current_snapshot()))
    FROM pg_snapshot_xip(pg_current_snapshot()) x
    WHERE NOT EXISTS (
        SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'transactionid' AND l.transactionid = x::xid AND l.granted
          AND l.mode = 'ExclusiveLock'
          AND a.datid <> (SELECT oid FROM pg_database WHERE datname = current_database())
    )
"""


BEGINNING: Final = Mark(0, 0)


def events_after(mark: Mark, limit: int) -> tuple[list[Fact], Mark]:
    """The next settled events in order, and the place of the last of them. Called inside a sweep."""
    found = settled_after(mark, limit)
    return [fact for fact, _ in found], found[-1][1] if found else mark


def settled_after(mark: Mark, limit: int) -> list[tuple[Fact, Mark]]:
    """The same, each with its own place."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.tx::text::bigint, {FACT_COLUMNS} FROM event e "  # noqa: S608 – constants
            f"WHERE e.tx < ({HORIZON}) AND (e.tx, e.n) > (%s::text::xid8, %s) "
            "ORDER BY e.tx, e.n LIMIT %s",
            [str(mark.tx), mark.n, limit],
        )
        rows = cursor.fetchall()
    return [(fact_from(row[1:]), Mark(row[0], row[1])) for row in rows]


def present_mark() -> Mark:
    """Everything after it has not happened, or not settled, so far."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({HORIZON})::text::bigint")
        return Mark(int(cursor.fetchone()[0]), 0)


def is_ahead(mark: Mark) -> bool:
    """Whether this cluster has not come so far: the mark is another one's."""
    return mark.tx > next_number()


def next_number() -> int:
    """Everything that is committed by now has a lower one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def is_settled(number: int) -> bool:
    """Whether no transaction with a lower one is open."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({HORIZON}) >= %s::text::xid8", [str(number)])
        return bool(cursor.fetchone()[0])


def fact_from(row: Sequence[Any]) -> Fact:
    """A row of FACT_COLUMNS."""
    n, name, tenant_id, at, actor_kind, actor_id, subject_kind, subject_id, visibility, data, depth = row
    return Fact(
        n,
        name,
        tenant_id,
        at,
        actor_kind,
        actor_id,
        subject_kind,
        subject_id,
        visibility,
        json.loads(data),
        depth,
    )


def positions(names: Iterable[str]) -> dict[str, Mark]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT follower, tx::text::bigint, n FROM event_position WHERE follower = ANY(%s)", [list(names)]
        )
        return {follower: Mark(tx, n) for follower, tx, n in cursor.fetchall()}


def enrol(handlers: Iterable[Later], *, at: datetime) -> None:
    """Give new followers a position: the present, or the beginning where they ask for it.

    Where nobody has followed yet, the installation is new and whatever is there waits for its first worker.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT follower FROM event_position")
        known = {row[0] for row in cursor.fetchall()}
        for handler in handlers:
            if handler.name not in known:
                from_beginning = handler.from_beginning or not known
                cursor.execute(_ENROL, {"name": handler.name, "old": from_beginning, "at": at})


# The present is where the foremost follower stands, or the horizon.
_ENROL: Final = f"""
    WITH foremost AS (SELECT tx, n FROM event_position ORDER BY tx DESC, n DESC LIMIT 1),
    present AS (SELECT tx, n FROM (TABLE foremost UNION ALL SELECT ({HORIZON}), 0) p(tx, n)
                ORDER BY tx DESC, n DESC LIMIT 1)
    INSERT INTO event_position (follower, tx, n, top_n, cluster, moved_at)
    SELECT %(name)s, CASE WHEN %(old)s THEN '0'::xid8 ELSE p.tx END, CASE WHEN %(old)s THEN 0 ELSE p.n END,
           CASE WHEN %(old)s THEN 0 ELSE (SELECT coalesce(max(n), 0) FROM event) END,
           (SELECT system_identifier::text FROM pg_control_system()), %(at)s
    FROM present p
    ON CONFLICT DO NOTHING
"""  # noqa: S608 – constants


def advance(names: Sequence[str], mark: Mark, passed: Sequence[int], *, at: datetime) -> None:
    """Move these followers on; their records of what lies behind are no longer needed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH moved AS (UPDATE event_position SET tx = %s::text::xid8, n = %s, moved_at = %s, "
            "top_n = greatest(top_n, %s) WHERE follower = ANY(%s)) "
            "DELETE FROM event_handled WHERE handler = ANY(%s) AND event_n = ANY(%s) AND error = ''",
            [str(mark.tx), mark.n, at, max(passed, default=0), list(names), list(names), list(passed)],
        )


def skip_to_present(names: Sequence[str] | None = None) -> None:
    """These followers (or all) leave out what happened so far: for worlds made by a seed, not by people."""
    chosen = None if names is None else list(names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE event_position SET tx = greatest(tx, ({HORIZON})), n = 0, "  # noqa: S608 – constants
            "top_n = greatest(top_n, (SELECT coalesce(max(n), 0) FROM event)) "
            "WHERE %s::text[] IS NULL OR follower = ANY(%s)",
            [chosen, chosen],
        )
