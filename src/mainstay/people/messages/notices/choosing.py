"""How a person wants to hear of things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Forbidden, Invalid
from mainstay.people.messages.models import NoticeChoices, StaffNoticeChoices
from mainstay.people.messages.notices.kinds import NoticeKind, notice_kinds
from mainstay.people.messages.rules import Channel, Rhythm


@dataclass(frozen=True, slots=True)
class Wishes:
    rhythm: Rhythm
    channels: Mapping[str, Channel]
    """Of every kind that the person can get."""


def kinds_for(actor: Actor) -> list[NoticeKind]:
    """What this person can ever be told, by group in the order of declaration."""
    mine = [kind for kind in notice_kinds().values() if not kind.roles.isdisjoint(actor.roles)]
    groups = list(dict.fromkeys(str(kind.group) for kind in mine))
    return sorted(mine, key=lambda kind: groups.index(str(kind.group)))


def own_wishes(actor: Actor) -> Wishes:
    row = _rows(actor).first()
    choices: Mapping[str, str] = row.choices if row else {}
    return Wishes(
        Rhythm(row.rhythm) if row else Rhythm.DAILY,
        {kind.key: kind.channel(choices.get(kind.key)) for kind in kinds_for(actor)},
    )


def set_wishes(actor: Actor, *, rhythm: str, channels: Mapping[str, str]) -> None:
    """`channels`: kind → channel, for some or all kinds that the person can get."""
    mine = {kind.key: kind for kind in kinds_for(actor)}
    wrong: dict[str, list[Any]] = {}
    for key, channel in channels.items():
        if key not in mine:
            wrong[key] = [_("You are never told this.")]
        elif channel not in mine[key].allowed:
            wrong[key] = [_("Not possible here: %(why)s") % {"why": mine[key].why_always or channel}]
    if rhythm not in set(Rhythm):
        wrong["rhythm"] = [_("Say daily or weekly.")]
    if wrong:
        raise Invalid(fields=wrong)
    row = _own_row(actor)
    row.rhythm = rhythm
    row.choices = {**row.choices, **channels}
    row.save(update_fields=["rhythm", "choices"])


def _own_row(actor: Actor) -> Any:
    """Locked; made where it is not there."""
    key = _key(actor)
    model: Any = StaffNoticeChoices if actor.staff_id else NoticeChoices
    model.objects.bulk_create([model(**key)], ignore_conflicts=True)
    return model.objects.select_for_update().get(**key)


def _rows(actor: Actor) -> Any:
    model: Any = StaffNoticeChoices if actor.staff_id else NoticeChoices
    return model.objects.filter(**_key(actor))


def _key(actor: Actor) -> dict[str, UUID]:
    if actor.staff_id is not None:
        return {"staff_id": actor.staff_id}
    if actor.member_id is not None:
        return {"tenant_id": actor.home, "member_id": actor.member_id}
    raise Forbidden
