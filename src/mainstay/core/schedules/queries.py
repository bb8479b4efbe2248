from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.core.schedules.models import ScheduleRun, ScheduleState
from mainstay.core.schedules.rules import SEE_SCHEDULES, Timing, timing
from mainstay.core.schedules.types import Schedule, known_schedules


@dataclass(frozen=True, slots=True)
class Entry:
    """A schedule as it stands. Without a state no worker has run since it came."""

    schedule: Schedule
    state: ScheduleState | None
    last: ScheduleRun | None

    @property
    def timing(self) -> Timing:
        return timing(self.state.timing) if self.state and self.state.timing else self.schedule.timing

    @property
    def zone(self) -> str:
        return (self.state.zone if self.state else "") or self.schedule.zone

    @property
    def is_enabled(self) -> bool:
        return self.state is None or self.state.is_enabled

    @property
    def is_changed(self) -> bool:
        return bool(self.state and (self.state.timing or self.state.zone or not self.state.is_enabled))


def schedule_entries(actor: Actor) -> list[Entry]:
    """In the order of the table; those that this release does not know are left out."""
    actor.require(SEE_SCHEDULES)
    known = known_schedules()
    return _entries(list(known.values()))


def schedule_entry(actor: Actor, key: str) -> Entry:
    actor.require(SEE_SCHEDULES)
    schedule = known_schedules().get(key)
    if schedule is None:
        raise NotFound
    return _entries([schedule])[0]


def runs_of(actor: Actor, key: str) -> QuerySet[ScheduleRun]:
    """The newest first."""
    actor.require(SEE_SCHEDULES)
    return ScheduleRun.objects.filter(key=key).order_by("-created_at", "-id")


def _entries(schedules: Sequence[Schedule]) -> list[Entry]:
    keys = [schedule.key for schedule in schedules]
    states = {state.key: state for state in ScheduleState.objects.filter(key__in=keys)}
    newest = ScheduleRun.objects.filter(key__in=keys).order_by("key", "-created_at", "-id").distinct("key")
    last = {run.key: run for run in newest}
    return [Entry(schedule, states.get(schedule.key), last.get(schedule.key)) for schedule in schedules]
