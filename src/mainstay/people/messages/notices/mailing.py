"""Mails for what was not read in time: at once, a little later, or in the morning's digest.

The worker's loop takes people, not rows: all that is due for one person is decided together, in one transaction
with the mail it becomes, so a tick that comes late or twice sends nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from mainstay.core.wall.scope import sweep
from mainstay.people.messages.actions import Mail, queue_mail
from mainstay.people.messages.models import Notice, NoticeChoices, StaffNotice, StaffNoticeChoices
from mainstay.people.messages.notices.kinds import notice_kinds
from mainstay.people.messages.notices.reading import AnyNotice
from mainstay.people.messages.notices.wording import Reader, digest_mail, notice_mail
from mainstay.people.messages.rules import Channel
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.rules import MemberState

SWEEP = "send_notices"


def mail_due(now: datetime, limit: int) -> int:
    """How many people were looked at; `limit`: there may be more."""
    with sweep(SWEEP):
        return max(_mail(_OF_MEMBERS, now, limit), _mail(_OF_STAFF, now, limit))


@dataclass(frozen=True, slots=True)
class _Table:
    model: type[Any]
    person: str


_OF_MEMBERS = _Table(Notice, "member_id")
_OF_STAFF = _Table(StaffNotice, "staff_id")


def _mail(table: _Table, now: datetime, limit: int) -> int:
    due = table.model.objects.filter(next_at__lte=now)
    people = list(dict.fromkeys(due.order_by("next_at", "id").values_list(table.person, flat=True)[:limit]))
    if not people:
        return 0
    theirs = due.filter(**{f"{table.person}__in": people}).order_by("created_at", "id")
    rows: list[AnyNotice] = list(theirs.select_for_update(of=("self",), skip_locked=True))
    readers = _readers(table, people)
    mails: list[Mail] = []
    mailed: list[UUID] = []
    for person_id, notices in _grouped(rows, table).items():
        reader = readers.get(person_id)
        if reader is not None:
            wanted = [row for row in notices if row.read_at is None and _is_still_wanted(reader, row)]
            mails += _mails(reader, wanted)
            mailed += [row.id for row in wanted]
    queue_mail(mails, at=now)
    table.model.objects.filter(id__in=[row.id for row in rows]).update(next_at=None)
    table.model.objects.filter(id__in=mailed).update(mailed_at=now)
    return len(people)


def _grouped(rows: Iterable[AnyNotice], table: _Table) -> dict[UUID, list[AnyNotice]]:
    found: dict[UUID, list[AnyNotice]] = defaultdict(list)
    for row in rows:
        found[getattr(row, table.person)].append(row)
    return found


def _is_still_wanted(reader: Reader, row: AnyNotice) -> bool:
    """Whoever has chosen otherwise since gets no mail any more."""
    kind = notice_kinds().get(row.kind)
    return kind is not None and kind.channel(reader.choices.get(row.kind)) in (Channel.EMAIL, Channel.DIGEST)


def _mails(reader: Reader, notices: Sequence[AnyNotice]) -> list[Mail]:
    """One for each kind and customer, however many came together; and one digest."""
    at_once: dict[tuple[str, UUID | None], list[AnyNotice]] = defaultdict(list)
    for row in notices:
        if row.channel == Channel.EMAIL:
            at_once[row.kind, row.tenant_id].append(row)
    mails = [notice_mail(reader, rows) for rows in at_once.values()]
    if later := [row for row in notices if row.channel == Channel.DIGEST]:
        mails.append(digest_mail(reader, later))
    return mails


def _readers(table: _Table, people: Sequence[UUID]) -> dict[UUID, Reader]:
    if table is _OF_STAFF:
        chosen = dict(
            StaffNoticeChoices.objects.filter(staff_id__in=people).values_list("staff_id", "choices")
        )
        active = Staff.objects.filter(id__in=people, is_active=True)
        return {one.id: _colleague(one, chosen.get(one.id, {})) for one in active}
    found = Member.objects.filter(~Q(state=MemberState.SUSPENDED), id__in=people).select_related("tenant")
    reachable = list(found)
    homes = {one.tenant_id for one in reachable}
    theirs = NoticeChoices.objects.filter(tenant_id__in=homes, member_id__in=people)
    choices = dict(theirs.values_list("member_id", "choices"))
    return {one.id: _member(one, choices.get(one.id, {})) for one in reachable}


def _colleague(staff: Staff, choices: dict[str, str]) -> Reader:
    return Reader(
        person_id=staff.id,
        tenant_id=None,
        email=staff.email,
        name=staff.name,
        language=staff.language,
        zone=staff.zone,
        can_sign_in=True,
        choices=choices,
    )


def _member(member: Member, choices: dict[str, str]) -> Reader:
    return Reader(
        person_id=member.id,
        tenant_id=member.tenant_id,
        email=member.email,
        name=member.name or member.email.partition("@")[0],
        language=member.language or member.tenant.language,
        zone=member.zone or member.tenant.zone,
        can_sign_in=member.joined_at is not None,
        choices=choices,
    )
