"""What the plan promises, and what others would."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import NotFound
from mainstay.people.access.doors import member_page
from mainstay.support.sla.queries import MatrixView, matrix_for
from mainstay.support.sla.rules.rights import SEE_SLA
from mainstay.surfaces.portal.queries.listing import sees_all
from mainstay.surfaces.portal.queries.promises import hours_of, offer


@require_safe
@member_page
def promises(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(SEE_SLA)
    at = now()
    view = _matrix(actor)
    reader = ZoneInfo(actor.zone)
    own = next((n for n, plan in enumerate(view.plans) if plan.is_own), None) if view else None
    context = {
        "now": at,
        "view": view,
        "offer": offer(actor, now=at),
        "own_plan": view.plans[own] if view and own is not None else None,
        "own_rows": [(severity, cells[own]) for severity, cells in view.rows]
        if view and own is not None
        else [],
        **_calendars(view, own, reader, at),
        "zone": actor.zone,
        "may_change_plan": sees_all(actor),
    }
    return render(request, "portal/promises.html", context)


def _calendars(view: MatrixView | None, own: int | None, reader: ZoneInfo, at: datetime) -> dict[str, Any]:
    """Those in which the reader's own promises are counted, and those that only other plans have."""
    if view is None or own is None:
        return {}
    counted = {name for _severity, cells in view.rows for name in cells[own].calendar_names.values()}
    counted.add(view.plans[own].hours_name)
    hours = [hours_of(card, reader, now=at) for card in view.calendars]
    return {
        "calendars": [h for h in hours if h.card.name in counted],
        "other_calendars": [h for h in hours if h.card.name not in counted],
    }


def _matrix(actor: Actor) -> MatrixView | None:
    try:
        return matrix_for(actor, now())
    except NotFound:
        return None
