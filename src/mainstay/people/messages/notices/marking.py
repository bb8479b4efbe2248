"""Read and unread. Nobody's business but the reader's, hence without an event."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mainstay.core.actor import Actor
from mainstay.core.errors import Forbidden, NotFound
from mainstay.core.prepared import prepared_cursor
from mainstay.people.messages.notices.reading import own_notice, own_notices
from mainstay.people.messages.notices.telling import changed
from mainstay.people.messages.rules import COUNT_CAP


def mark_read(actor: Actor, notice_id: UUID, *, at: datetime) -> str:
    """Its link."""
    notice = own_notice(actor, notice_id)
    if notice is None:
        raise NotFound
    if notice.read_at is None:
        own_notices(actor).filter(id=notice_id, read_at__isnull=True).update(read_at=at)
        _say(actor)
    return notice.link


def mark_unread(actor: Actor, notice_id: UUID) -> None:
    if own_notice(actor, notice_id) is None:
        raise NotFound
    if own_notices(actor).filter(id=notice_id, read_at__isnull=False).update(read_at=None):
        _say(actor)


def mark_all_read(actor: Actor, *, until: datetime, at: datetime) -> int:
    """Those that were there when the page was shown, and how many these were."""
    found = own_notices(actor).filter(read_at__isnull=True, created_at__lte=until)
    count = found.update(read_at=at)
    if count:
        _say(actor)
    return count


def unmark_read_at(actor: Actor, read_at: datetime) -> int:
    """Takes back what was marked in one go at that moment."""
    count = own_notices(actor).filter(read_at=read_at).update(read_at=None)
    if count:
        _say(actor)
    return count


_SUBJECT_READ: Final = """
WITH done AS (UPDATE {table} SET read_at = %(at)s
  WHERE {mine} AND subject_id = %(subject)s AND read_at IS NULL RETURNING 1)
SELECT (SELECT count(*) FROM done), (SELECT count(*) FROM (SELECT 1 FROM {table}
  WHERE {mine} AND read_at IS NULL AND subject_id IS DISTINCT FROM %(subject)s LIMIT %(cap)s) u)
"""
_OF_STAFF: Final = _SUBJECT_READ.format(table="staff_notice", mine="staff_id = %(person)s")
_OF_MEMBER: Final = _SUBJECT_READ.format(
    table="notice", mine="tenant_id = %(tenant)s AND member_id = %(person)s"
)


def mark_subject_read(actor: Actor, subject_id: UUID, *, at: datetime) -> int:
    """Whoever looks at the thing itself need not be told of it any more. How many others are unread, as far as
    the bell counts: one statement for both."""
    person_id = actor.member_id or actor.staff_id
    if person_id is None:
        return 0
    words: dict[str, Any] = {
        "at": at,
        "subject": subject_id,
        "person": person_id,
        "tenant": actor.tenant_id,
        "cap": COUNT_CAP + 1,
    }
    with prepared_cursor() as cursor:
        cursor.execute(_OF_STAFF if actor.staff_id else _OF_MEMBER, words)
        done, unread = cursor.fetchone()
    if done:
        changed(person_id)
    return int(unread)


def _say(actor: Actor) -> None:
    person_id = actor.member_id or actor.staff_id
    if person_id is None:
        raise Forbidden
    changed(person_id)
