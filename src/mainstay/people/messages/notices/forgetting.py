"""Notices have a time to live, and go with the person they were for or speak of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from mainstay.core.wall.scope import sweep
from mainstay.people.messages.models import Notice, NoticeChoices, StaffNotice, StaffNoticeChoices
from mainstay.people.messages.notices.telling import Recipient

_BATCH: Final = 2_000
_TABLES: Final[tuple[Any, ...]] = (Notice, StaffNotice)
NOBODY: Final = "–"


def forget_notices(*, at: datetime, keep_days: int) -> int:
    """0 days: for ever. What nobody ever read is kept twice as long."""
    gone = 0
    if not keep_days:
        return gone
    read = Q(read_at__lt=at - timedelta(days=keep_days))
    unread = Q(read_at__isnull=True, created_at__lt=at - timedelta(days=2 * keep_days))
    for table in _TABLES:
        for old in (read, unread):
            gone += _forget(table, old)
    return gone


def _forget(table: Any, old: Q) -> int:
    gone = 0
    while True:
        with sweep("retention"):
            ids = list(table.objects.filter(old).values_list("id", flat=True)[:_BATCH])
            table.objects.filter(id__in=ids).delete()
        gone += len(ids)
        if len(ids) < _BATCH:
            return gone


def erase_notices_of(person: Recipient) -> int:
    """All that the person was told and chose, and their name where others were told of them (`author_id`).
    In a scope of staff, a job or a sweep: customers' own scopes remove nothing here."""
    if person.is_staff:
        StaffNoticeChoices.objects.filter(staff_id=person.person_id).delete()
        gone, _tables = StaffNotice.objects.filter(staff_id=person.person_id).delete()
    else:
        NoticeChoices.objects.filter(member_id=person.person_id).delete()
        gone, _tables = Notice.objects.filter(member_id=person.person_id).delete()
    for table in _TABLES:
        for row in table.objects.filter(params__author_id=str(person.person_id)):
            table.objects.filter(id=row.id).update(params={**row.params, "author": NOBODY})
    return gone


def erase_notices_about(subject_ids: Collection[UUID]) -> int:
    """When words of the things themselves (a ticket's subject) are erased."""
    return sum(table.objects.filter(subject_id__in=list(subject_ids)).delete()[0] for table in _TABLES)
