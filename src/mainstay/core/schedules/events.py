from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, Visibility, event
from mainstay.core.schedules.types import NAMES


@event(
    "schedule.changed",
    subject="schedule",
    sentence=_("{actor} changed the schedule “{key}”: {old}, now {new}"),
    visibility=Visibility.OPERATOR,
    words={"key": NAMES},
)
@dataclass(frozen=True)
class ScheduleChanged(Happening):
    """`old` and `new`: the timing with its zone, or `off`."""

    schedule_id: UUID
    key: str
    old: str
    new: str


@event(
    "schedule.asked",
    subject="schedule",
    sentence=_("{actor} had the schedule “{key}” run"),
    visibility=Visibility.OPERATOR,
    words={"key": NAMES},
)
@dataclass(frozen=True)
class ScheduleAsked(Happening):
    schedule_id: UUID
    key: str
    run_id: UUID


@event(
    "schedule.missed",
    subject="schedule",
    sentence=_("The schedule “{key}” missed its time, {due_at}"),
    visibility=Visibility.OPERATOR,
    words={"key": NAMES},
)
@dataclass(frozen=True)
class ScheduleMissed(Happening):
    schedule_id: UUID
    key: str
    run_id: UUID
    due_at: datetime


@event(
    "schedule.failed",
    subject="schedule",
    sentence=_("The schedule “{key}” failed, also when it was tried again ({attempts} attempts)"),
    visibility=Visibility.OPERATOR,
    words={"key": NAMES},
)
@dataclass(frozen=True)
class ScheduleFailed(Happening):
    schedule_id: UUID
    key: str
    run_id: UUID
    attempts: int
