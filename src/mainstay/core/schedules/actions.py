from __future__ import annotations

import zoneinfo
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, Invalid, NotFound
from mainstay.core.events.actions import record
from mainstay.core.schedules.events import ScheduleAsked, ScheduleChanged
from mainstay.core.schedules.models import ScheduleRun, ScheduleState
from mainstay.core.schedules.rules import ACTIVE, MANAGE_SCHEDULES, RunState, Timing
from mainstay.core.schedules.running import next_of, start
from mainstay.core.schedules.types import Schedule, known_schedules


def change_schedule(
    actor: Actor, key: str, *, timing: Timing, zone: str, is_enabled: bool, at: datetime
) -> ScheduleState:
    """What equals the shipped default is kept as such, and moves with it."""
    actor.require(MANAGE_SCHEDULES)
    schedule, state = _locked(key)
    if zone not in zoneinfo.available_timezones():
        raise Invalid(fields={"zone": [_("This is not a time zone.")]})
    old = _words(state, schedule)
    state.timing = "" if timing == schedule.timing else str(timing)
    state.zone = "" if zone == schedule.zone else zone
    state.is_enabled = is_enabled
    new = _words(state, schedule)
    if old != new:
        state.next_at = next_of(state, schedule, at) if is_enabled else None
        state.save()
        event = ScheduleChanged(schedule_id=state.id, key=key, old=old, new=new)
        record(actor, event, tenant_id=None, at=at)
    return state


def ask_run(actor: Actor, key: str, *, at: datetime) -> ScheduleRun:
    """Have it run now, by the worker. Asking again while a run is queued or at work changes nothing; one that waits
    for another attempt gets it at once."""
    actor.require(MANAGE_SCHEDULES)
    _schedule, state = _locked(key)
    run = ScheduleRun.objects.select_for_update().filter(key=key, state__in=ACTIVE).first()
    if run is not None and run.state != RunState.WAITING:
        return run
    if run is not None:
        run.next_try_at = at
        start(run)
    else:
        run = ScheduleRun(key=key, due_at=at, created_at=at, asked_by=actor.staff_id)
        start(run)
    record(actor, ScheduleAsked(schedule_id=state.id, key=key, run_id=run.id), tenant_id=None, at=at)
    return run


def _locked(key: str) -> tuple[Schedule, ScheduleState]:
    schedule = known_schedules().get(key)
    if schedule is None:
        raise NotFound
    state = ScheduleState.objects.select_for_update().filter(key=key).first()
    if state is None:
        raise Conflict(_("No worker has run yet; it makes the schedules when it starts."))
    return schedule, state


def _words(state: ScheduleState, schedule: Schedule) -> str:
    if not state.is_enabled:
        return "off"
    return f"{state.timing or schedule.timing} {state.zone or schedule.zone}"
