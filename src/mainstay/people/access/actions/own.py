"""What everybody may change about themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mainstay.core.actor import Actor
from mainstay.core.errors import Forbidden
from mainstay.core.house.current import house
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
