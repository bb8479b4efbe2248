"""Work by the calendar: when, how it went, now."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import time_format
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.schedules.actions import ask_run, change_schedule
from mainstay.core.schedules.queries import Entry, runs_of, schedule_entries, schedule_entry
from mainstay.core.schedules.rules import ACTIVE, MANAGE_SCHEDULES, Rhythm, RunState, Timing
from mainstay.people.access.doors import staff_page
from mainstay.people.staff.queries import staff_names
from mainstay.shell.forms import told_at
from mainstay.surfaces.desk.forms_house import WEEKDAYS, ScheduleForm, initial_of
from mainstay.surfaces.desk.labels import LOOPS
from mainstay.surfaces.desk.ports import installation

STATES: Final[dict[str, tuple[str | LazyText, str]]] = {
    RunState.QUEUED: (gettext_lazy("Waits for the worker"), "notice"),
    RunState.RUNNING: (gettext_lazy("Running"), "accent"),
    RunState.WAITING: (gettext_lazy("Failed, is tried again"), "warning"),
    RunState.SUCCEEDED: (gettext_lazy("Done"), "good"),
    RunState.FAILED: (gettext_lazy("Failed"), "critical"),
}
_SHOWN_RUNS: Final = 30


def timing_words(wanted: Timing) -> str:
    if wanted.rhythm is Rhythm.INTERVAL:
        if wanted.minutes % 60 == 0:
            hours = wanted.minutes // 60
            return ngettext("Every hour", "Every %(count)d hours", hours) % {"count": hours}
        return ngettext("Every minute", "Every %(count)d minutes", wanted.minutes) % {"count": wanted.minutes}
    at = time_format(wanted.at, "TIME_FORMAT")
    if wanted.rhythm is Rhythm.WEEKLY:
        return _("%(day)s, %(time)s") % {"day": WEEKDAYS[wanted.weekday], "time": at}
    if wanted.rhythm is Rhythm.MONTHLY:
        return _("Day %(day)d of the month, %(time)s") % {"day": wanted.day, "time": at}
    return _("Every day, %(time)s") % {"time": at}


def _row(entry: Entry) -> dict[str, Any]:
    word, meaning = STATES[entry.last.state] if entry.last else ("", "neutral")
    return {
        "entry": entry,
        "when": timing_words(entry.timing),
        "has_hour": entry.timing.rhythm is not Rhythm.INTERVAL,
        "word": word,
        "meaning": meaning,
        "is_active": entry.last is not None and entry.last.state in ACTIVE,
    }


@require_http_methods(["GET", "HEAD"])
@staff_page
def schedules(request: HttpRequest, actor: Actor) -> HttpResponse:
    rows = [_row(entry) for entry in schedule_entries(actor)]
    at = clock.now()
    context = {
        "rows": rows,
        "is_active": any(row["is_active"] for row in rows),
        "loops": [(LOOPS.get(loop.name, loop.name), loop) for loop in installation().loops(at)],
        "may_change": actor.may(MANAGE_SCHEDULES),
        "now": at,
    }
    return render(request, "desk/schedules.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def schedule(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    entry = schedule_entry(actor, key)
    form = ScheduleForm(
        request.POST if request.method == "POST" else None,
        initial=initial_of(entry.timing, entry.zone, is_enabled=entry.is_enabled),
    )
    if request.method == "POST":
        actor.require(MANAGE_SCHEDULES)
        if form.is_valid():
            with told_at(form):
                change_schedule(
                    actor,
                    key,
                    timing=form.timing,
                    zone=form.cleaned_data["zone"],
                    is_enabled=form.cleaned_data["is_enabled"],
                    at=clock.now(),
                )
            if form.is_valid():
                messages.success(request, _("The schedule is changed."))
                return redirect("desk_schedule", key=key)
    runs = list(runs_of(actor, key)[:_SHOWN_RUNS])
    names = staff_names(actor, {run.asked_by for run in runs if run.asked_by})
    context = {
        **_row(entry),
        "form": form,
        "shipped": _("As shipped: %(default)s")
        % {"default": f"{timing_words(entry.schedule.timing)} · {entry.schedule.zone}"},
        "runs": [
            (run, *STATES[run.state], names.get(run.asked_by or run.id, ""), _took(run)) for run in runs
        ],
        "may_change": actor.may(MANAGE_SCHEDULES),
        "now": clock.now(),
    }
    return render(request, "desk/schedule.html", context, status=422 if form.errors else 200)


def _took(run: Any) -> str:
    if run.started_at is None or run.finished_at is None:
        return ""
    seconds = (run.finished_at - run.started_at).total_seconds()
    if seconds < 60:
        return _("%(count).1f s") % {"count": seconds}
    return _("%(count)s min") % {"count": round(seconds / 60)}


@require_POST
@staff_page
def run(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    ask_run(actor, key, at=clock.now())
    messages.success(request, _("The worker runs it within moments."))
    return redirect("desk_schedule", key=key)
