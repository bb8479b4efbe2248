from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, Invalid, NotFound, Text
from mainstay.core.events.actions import record
from mainstay.core.house.current import forget
from mainstay.core.house.events import SettingChanged
from mainstay.core.house.labels import words_of
from mainstay.core.house.models import HouseSetting
from mainstay.core.house.queries import default_of
from mainstay.core.house.rules import CHANGE_SETTINGS, DEFINITIONS, Unfit


@dataclass(frozen=True, slots=True)
class Wish:
    """`new`: None goes back to the default. `seen`: what the person had before their eyes; None: whatever it is."""

    new: str | None
    seen: str | None = None


def change_settings(actor: Actor, wishes: Mapping[str, Wish], *, at: datetime) -> list[str]:
    """All or none. Returns the keys that changed."""
    actor.require(CHANGE_SETTINGS)
    _lock()
    rows = {row.key: row for row in HouseSetting.objects.filter(key__in=list(wishes))}
    problems: dict[str, list[Text]] = {}
    conflicts: dict[str, list[Text]] = {}
    changes: list[tuple[str, str | None]] = []
    for key, wish in wishes.items():
        if key not in DEFINITIONS:
            raise NotFound
        try:
            new = _normal(key, wish.new)
        except Unfit as unfit:
            problems[key] = [words_of(unfit)]
            continue
        row = rows.get(key)
        current = row.value if row else None
        if _counting(key, new) == _counting(key, current) and (new is None) == (current is None):
            continue
        if key in settings.MAINSTAY_HOUSE_FIXED:
            conflicts[key] = [_("The environment says this one; it cannot be changed here.")]
        elif wish.seen is not None and wish.seen != _counting(key, current):
            conflicts[key] = [_("Somebody changed this in the meantime; look at it again.")]
        changes.append((key, new))
    if problems:
        raise Invalid(fields={**problems, **conflicts})
    if conflicts:
        raise Conflict(fields=conflicts)
    for key, new in changes:
        _change(actor, rows.get(key), key, new, at)
    if changes:
        forget()
    return [key for key, _new in changes]


def reset_setting(actor: Actor, key: str, *, at: datetime) -> bool:
    return bool(change_settings(actor, {key: Wish(None)}, at=at))


def undo_setting(actor: Actor, key: str, *, at: datetime) -> bool:
    """Back to the value before the last change; twice undoes the undoing."""
    actor.require(CHANGE_SETTINGS)
    row = HouseSetting.objects.filter(key=key).first()
    if row is None:
        raise NotFound
    return bool(change_settings(actor, {key: Wish(row.previous)}, at=at))


def _normal(key: str, text: str | None) -> str | None:
    """What equals the default is the default: it follows when a release changes it."""
    if text is None:
        return None
    read = DEFINITIONS[key].kind.read
    text = text.replace("\r\n", "\n").strip()
    return None if read(text) == read(default_of(key)) else text


def _counting(key: str, stored: str | None) -> str:
    return default_of(key) if stored is None else stored


def _change(actor: Actor, row: HouseSetting | None, key: str, new: str | None, at: datetime) -> None:
    old = row.value if row else None
    row = row or HouseSetting(key=key)
    row.previous, row.value, row.changed_at, row.changed_by = old, new, at, actor.staff_id
    row.save()
    happening = SettingChanged(setting_id=row.id, key=key, old=_counting(key, old), new=_counting(key, new))
    record(actor, happening, tenant_id=None, at=at)


def _lock() -> None:
    """One at a time: a row that is not there yet cannot be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('mainstay.house'))")
