"""Read and unread. Nobody's business but the reader's, hence without an event."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mainstay.core.actor import Actor
from mainstay.core.errors import Forbidden, NotFound
from mainstay.people.messages.notices.reading import own_notice, own_notices
from mainstay.people.messages.notices.telling import changed


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


def mark_subject_read(actor: Actor, subject_id: UUID, *, at: datetime) -> None:
    """Whoever looks at the thing itself need not be told of it any more."""
    if own_notices(actor).filter(subject_id=subject_id, read_at__isnull=True).update(read_at=at):
        _say(actor)


def _say(actor: Actor) -> None:
    person_id = actor.member_id or actor.staff_id
    if person_id is None:
        raise Forbidden
    changed(person_id)
