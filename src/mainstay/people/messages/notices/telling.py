"""The one door for telling people something. Inside any scope, in the change's transaction or after it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from mainstay.core.house.current import house
from mainstay.core.prepared import insert, prepared_cursor
from mainstay.people.messages.models import Notice, StaffNotice
from mainstay.people.messages.notices.kinds import NoticeKind, kind_of
from mainstay.people.messages.rules import Channel, mail_moment

CHANNEL: Final = "mainstay_notice"
"""The live stream hears on it whose inbox has changed: ids of people, by comma."""
_HEARD_AT_ONCE: Final = 200
"""Ids in one NOTIFY, which carries 8,000 characters at most."""
_MOST_ROWS: Final = 500
"""In one statement, which may have 65,535 parameters."""


@dataclass(frozen=True, slots=True)
class Recipient:
    person_id: UUID
    is_staff: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing that people are told. `link` is a path on their side of the product. `params` fill in the kind's
    sentence: short words, nothing secret; they are erased with the notice."""

    people: Sequence[Recipient]
    kind: str
    at: datetime
    subject: tuple[str, UUID] | None = None
    params: Mapping[str, str]
    tenant_id: UUID | None
    """The customer it is about; of members, their own."""
    link: str = ""
    cause: int | None = None
    """The event; the same kind is told to the same person for the same event only once."""


def notify(
    people: Sequence[Recipient],
    *,
    kind: str,
    subject: tuple[str, UUID] | None,
    params: Mapping[str, str],
    tenant_id: UUID | None,
    link: str,
    cause: int | None,
    at: datetime,
) -> None:
    notify_many(
        [
            News(
                people=people,
                kind=kind,
                subject=subject,
                params=params,
                tenant_id=tenant_id,
                link=link,
                cause=cause,
                at=at,
            )
        ]
    )


def notify_many(news: Iterable[News]) -> None:
    """Two or three statements, however many things and people."""
    told = [one for one in news if one.people]
    wishes = _wishes({person for one in told for person in one.people})
    members: list[Notice] = []
    staff: list[StaffNotice] = []
    for one in told:
        kind = kind_of(one.kind)
        for person in dict.fromkeys(one.people):
            wish = wishes.get(person)
            if wish is None:
                continue  # suspended, gone, or another customer's
            row = _row(one, kind, person, wish)
            if isinstance(row, Notice):
                members.append(row)
            elif row is not None:
                staff.append(row)
    for rows in (members, staff):
        for start in range(0, len(rows), _MOST_ROWS):
            insert(rows[start : start + _MOST_ROWS], skip_conflicts=True)
    changed(*(row.member_id for row in members), *(row.staff_id for row in staff))


def who_wants_mail(kind: str, people: Iterable[Recipient]) -> frozenset[UUID]:
    """Of these, whoever chose mail for a kind whose room sends its own."""
    chosen = channels_of(kind, people)
    return frozenset(person.person_id for person, channel in chosen.items() if channel is Channel.EMAIL)


def channels_of(kind: str, people: Iterable[Recipient]) -> dict[Recipient, Channel]:
    """How each of them wants to hear of it; who is suspended or gone is left out."""
    declared = kind_of(kind)
    return {person: declared.channel(wish.choices.get(kind)) for person, wish in _wishes(set(people)).items()}


def changed(*person_ids: UUID) -> None:
    """Their open pages hear of it, once this is committed."""
    ids = list(dict.fromkeys(str(one) for one in person_ids))
    if ids:
        transaction.on_commit(lambda: _say(ids))


def _say(ids: list[str]) -> None:
    with connection.cursor() as cursor:
        for start in range(0, len(ids), _HEARD_AT_ONCE):
            cursor.execute(
                "SELECT pg_notify(%s, %s)", [CHANNEL, ",".join(ids[start : start + _HEARD_AT_ONCE])]
            )


@dataclass(frozen=True, slots=True)
class _Wish:
    tenant_id: UUID | None
    choices: Mapping[str, str]
    rhythm: str
    zone: str


def _wishes(people: set[Recipient]) -> dict[Recipient, _Wish]:
    if not people:
        return {}
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT person_id, tenant_id, choices, rhythm, zone FROM notice_people(%s, %s)",
            [
                [person.person_id for person in people if not person.is_staff],
                [person.person_id for person in people if person.is_staff],
            ],
        )
        return {
            Recipient(person_id, is_staff=tenant_id is None): _Wish(
                tenant_id, json.loads(choices), rhythm, zone
            )
            for person_id, tenant_id, choices, rhythm, zone in cursor.fetchall()
        }


def _row(one: News, kind: NoticeKind, person: Recipient, wish: _Wish) -> Notice | StaffNotice | None:
    channel = kind.channel(wish.choices.get(kind.key))
    if channel is Channel.OFF:
        return None
    words: dict[str, Any] = {
        "kind": kind.key,
        "subject_kind": one.subject[0] if one.subject else "",
        "subject_id": one.subject[1] if one.subject else None,
        "params": dict(one.params),
        "link": one.link,
        "cause": one.cause,
        "channel": channel.value,
        "created_at": one.at,
        "next_at": mail_moment(
            channel,
            one.at,
            delay=timedelta() if kind.is_urgent else mail_delay(),
            zone=wish.zone,
            rhythm=wish.rhythm,
            mails_itself=kind.mails_itself,
        ),
    }
    if person.is_staff:
        return StaffNotice(staff_id=person.person_id, tenant_id=one.tenant_id, **words)
    assert wish.tenant_id is not None, "a member belongs to a customer"
    return Notice(member_id=person.person_id, tenant_id=wish.tenant_id, **words)


def mail_delay() -> timedelta:
    return timedelta(minutes=house().notice_mail_delay_minutes)
