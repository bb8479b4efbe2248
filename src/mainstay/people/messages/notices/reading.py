"""One's own inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise as LazyText

from mainstay.core.actor import Actor
from mainstay.core.events.sentences import filled_in
from mainstay.core.pages import Beyond, Page, encode_cursor, read_cursor
from mainstay.core.prepared import prepared_cursor
from mainstay.people.messages.models import Notice, StaffNotice
from mainstay.people.messages.notices.kinds import notice_kinds
from mainstay.people.messages.rules import COUNT_CAP

AnyNotice = Notice | StaffNotice


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice in the reader's language."""

    id: UUID
    kind: str
    icon: str
    group: str | LazyText
    text: str
    link: str
    at: datetime
    is_read: bool
    subject_id: UUID | None


def own_notices(actor: Actor) -> QuerySet[Any]:
    """Of the person who acts; keys and the product itself have no inbox."""
    if actor.member_id is not None:
        return Notice.objects.filter(tenant_id=actor.home, member_id=actor.member_id)
    if actor.staff_id is not None:
        return StaffNotice.objects.filter(staff_id=actor.staff_id)
    return Notice.objects.none()


_COUNTS: Final = {
    True: "SELECT count(*) FROM (SELECT 1 FROM staff_notice WHERE staff_id = %s AND read_at IS NULL LIMIT %s) u",
    False: "SELECT count(*) FROM (SELECT 1 FROM notice WHERE tenant_id = %s AND member_id = %s "
    "AND read_at IS NULL LIMIT %s) u",
}


def unread_count(actor: Actor) -> int:
    """Counted no further than the bell can show; from the index of unread ones alone."""
    if actor.member_id is None and actor.staff_id is None:
        return 0
    who = [actor.staff_id] if actor.staff_id else [actor.home, actor.member_id]
    with prepared_cursor() as cursor:
        cursor.execute(_COUNTS[actor.staff_id is not None], [*who, COUNT_CAP + 1])
        return int(cursor.fetchone()[0])


def page_of_notices(
    actor: Actor, *, only_unread: bool = False, cursor: str | None = None, limit: int = 30
) -> Page[Shown]:
    """The newest first."""
    found = own_notices(actor)
    if only_unread:
        found = found.filter(read_at__isnull=True)
    if cursor:
        found = found.filter(
            Beyond(["created_at", "id"], read_cursor(cursor, datetime, UUID), descending=True)
        )
    rows = list(found.order_by("-created_at", "-id")[: limit + 1])
    shown = [shown_of(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(shown)
    return Page(shown, encode_cursor([shown[-1].at, shown[-1].id]))


def own_notice(actor: Actor, notice_id: UUID) -> AnyNotice | None:
    found: AnyNotice | None = own_notices(actor).filter(id=notice_id).first()
    return found


def shown_of(row: AnyNotice) -> Shown:
    kind = notice_kinds().get(row.kind)
    return Shown(
        row.id,
        row.kind,
        kind.icon if kind else "bell",
        kind.group if kind else "",
        text_of(row),
        row.link,
        row.created_at,
        row.read_at is not None,
        row.subject_id,
    )


def text_of(row: AnyNotice) -> str:
    """In the active language and zone. A notice of a newer or older release says its kind."""
    kind = notice_kinds().get(row.kind)
    return filled_in(kind.sentence, row.params, kind.words) if kind else row.kind
