"""That staff looked at a customer's data is written down: once an hour for each of them and customer."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from mainstay.core.actor import Actor
from mainstay.core.events.actions import record
from mainstay.core.events.types import Visibility
from mainstay.core.house.current import house
from mainstay.core.ids import new_id
from mainstay.people.staff.events import TenantLookedAt

GRAIN: Final = timedelta(hours=1)
_REMEMBERED: Final = 4_096
_noted: OrderedDict[tuple[UUID, UUID], datetime] = OrderedDict()
"""This process's memory of what is committed: who works on for an hour asks the database once."""

# Two pages at once, in two processes: the second waits for the first and then changes nothing.
_NOTE: Final = """
    INSERT INTO staff_look AS l (id, tenant_id, staff_id, at) VALUES (%(id)s, %(tenant)s, %(staff)s, %(at)s)
    ON CONFLICT (tenant_id, staff_id) DO UPDATE SET at = excluded.at WHERE l.at <= %(before)s RETURNING 1
"""


def note_look(actor: Actor, tenant_id: UUID, *, at: datetime) -> None:
    """For a page of the desk that shows something of one customer. Programs with a key are noted by the key."""
    if actor.staff_id is None:
        return
    key = (actor.staff_id, tenant_id)
    noted = _noted.get(key)
    if noted is not None and timedelta() <= at - noted < GRAIN:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE,
            {"id": new_id(), "tenant": tenant_id, "staff": actor.staff_id, "at": at, "before": at - GRAIN},
        )
        is_first = cursor.fetchone() is not None
    if is_first:
        seen_by = Visibility.ALL if house().show_staff_access else Visibility.OPERATOR
        record(actor, TenantLookedAt(tenant_id=tenant_id), tenant_id=tenant_id, at=at, visibility=seen_by)
        transaction.on_commit(lambda: _remember(key, at))


def _remember(key: tuple[UUID, UUID], at: datetime) -> None:
    _noted[key] = at
    while len(_noted) > _REMEMBERED:
        _noted.popitem(last=False)
