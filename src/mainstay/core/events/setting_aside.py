"""Follow-ups that failed: set aside so that the rest goes on, tried again with growing pauses, then given up."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from mainstay.core.events.follow import FACT_COLUMNS, fact_from
from mainstay.core.events.models import Handled
from mainstay.core.events.rules import next_attempt_at
from mainstay.core.events.types import Fact

_ERROR_LENGTH = 300


def put_aside(handler: str, event_n: int, error: Exception, *, at: datetime) -> None:
    """After the first failure."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO event_handled (handler, event_n, at, attempts, error, next_at) "
            "VALUES (%s, %s, %s, 1, %s, %s) ON CONFLICT DO NOTHING",
            [handler, event_n, at, _words(error), next_attempt_at(1, at)],
        )


def put_off(handler: str, event_n: int, error: Exception, *, at: datetime) -> None:
    """After a further one: later, or never by itself."""
    row = Handled.objects.filter(handler=handler, event_n=event_n).first()
    if row is None:
        return
    row.attempts += 1
    row.error, row.at = _words(error), at
    row.next_at = next_attempt_at(row.attempts, at)
    row.given_up_at = None if row.next_at else at
    row.save(update_fields=["attempts", "error", "at", "next_at", "given_up_at"])


def due_retries(handlers: list[str], now: datetime, limit: int) -> list[tuple[str, Fact]]:
    """Only events that lie behind the handler's position: ahead of it, the record is still needed."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT h.handler, {FACT_COLUMNS} FROM event_handled h "  # noqa: S608 – constants
            "JOIN event e ON e.n = h.event_n "
            "JOIN event_position p ON p.follower = h.handler AND (e.tx, e.n) <= (p.tx, p.n) "
            "WHERE h.next_at <= %s AND h.handler = ANY(%s) ORDER BY h.next_at LIMIT %s",
            [now, handlers, limit],
        )
        return [(row[0], fact_from(row[1:])) for row in cursor.fetchall()]


def claim_due(handler: str, event_n: int) -> bool:
    """In the transaction of the attempt: its success takes the record away."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM event_handled WHERE handler = %s AND event_n = %s AND next_at IS NOT NULL",
            [handler, event_n],
        )
        return bool(cursor.rowcount)


def try_again(handled_id: int, *, at: datetime) -> None:
    """Somebody mended the cause of a failure and wants it tried at once."""
    Handled.objects.filter(id=handled_id).exclude(error="").update(next_at=at, given_up_at=None)


def _words(error: Exception) -> str:
    """Kind and first line; the database's further lines repeat the values of the row."""
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:_ERROR_LENGTH]
