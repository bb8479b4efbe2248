"""What everybody may change about themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from mainstay.core.actor import Actor
from mainstay.core.errors import Forbidden, NotFound
from mainstay.core.events.actions import record
from mainstay.core.house.current import house
from mainstay.core.wall.scope import as_door
from mainstay.people.access.events import SessionsEnded
from mainstay.people.access.open_sessions import end_sessions
from mainstay.people.staff.actions import change_staff_profile
from mainstay.people.tenants.actions import change_profile


def change_own_profile(actor: Actor, changes: dict[str, Any], *, at: datetime) -> None:
    if actor.member_id is not None:
        change_profile(actor, actor.member_id, changes, at=at)
    elif actor.staff_id is not None:
        change_staff_profile(actor, actor.staff_id, changes, at=at)
    else:
        raise Forbidden


def change_own_language(actor: Actor, language: str, *, at: datetime) -> None:
    """A language that is not offered changes nothing: it came out of a page's menu."""
    if language in house().languages:
        change_own_profile(actor, {"language": language}, at=at)


def end_own_sessions(actor: Actor, user_id: UUID, *, current: str, only: UUID | None, at: datetime) -> int:
    """One other session, or all but this one."""
    if actor.person_id is None:
        raise Forbidden
    with as_door():
        count = end_sessions(user_id, keep=current, only=None if only is None else [only])
    if only is not None and not count:
        raise NotFound
    if count:
        record(actor, SessionsEnded(person_id=actor.person_id, count=count), tenant_id=actor.tenant_id, at=at)
    return count
