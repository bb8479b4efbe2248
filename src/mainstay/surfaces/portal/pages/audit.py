"""The customer's own audit log."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.events.queries import page_of_events
from mainstay.people.access.doors import member_page
from mainstay.surfaces.portal.audit import (
    ACTOR_KINDS,
    CSV_LIMIT,
    area_choices,
    as_csv,
    audit_rows,
    read_filter,
)


@require_http_methods(["GET", "HEAD"])
@member_page
def audit(request: HttpRequest, actor: Actor) -> HttpResponse:
    return render(request, "portal/audit.html", audit_context(request, actor))


def audit_context(request: HttpRequest, actor: Actor) -> dict[str, object]:
    page = page_of_events(actor, read_filter(request.GET, actor.zone), cursor=request.GET.get("after"))
    query = request.GET.copy()
    query.pop("after", None)
    return {
        "rows": audit_rows(actor, list(page.rows)),
        "next_cursor": page.next_cursor,
        "areas": area_choices(actor),
        "kinds": list(ACTOR_KINDS.items()),
        "query": query.urlencode(),
        "is_filtered": any(request.GET.values()),
        "now": clock.now(),
    }


@require_http_methods(["GET", "HEAD"])
@member_page
def audit_csv(request: HttpRequest, actor: Actor) -> HttpResponse:
    return csv_answer(request, actor)


def csv_answer(request: HttpRequest, actor: Actor) -> HttpResponse:
    page = page_of_events(actor, read_filter(request.GET, actor.zone), limit=CSV_LIMIT)
    response = HttpResponse(
        as_csv(audit_rows(actor, list(page.rows))), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response
