"""The customer's own audit log."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.events.actions import note_export
from mainstay.core.events.queries import page_of_events
from mainstay.core.events.rules import SEE_AUDIT
from mainstay.people.access.doors import member_page
from mainstay.people.staff.looking import note_look
from mainstay.people.tenants.queries import visible_tenant
from mainstay.surfaces.portal.audit import ACTOR_KINDS, area_choices, audit_rows, read_filter
from mainstay.surfaces.portal.audit_export import FORMATS, pieces_of


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


@require_safe
@member_page
def audit_file(request: HttpRequest, actor: Actor, file_format: str) -> HttpResponse:
    return file_answer(request, actor, file_format)


def file_answer(request: HttpRequest, actor: Actor, file_format: str) -> HttpResponse:
    actor.require(SEE_AUDIT)
    wanted, at = read_filter(request.GET, actor.zone), clock.now()
    if request.method == "GET":
        note_export(actor, file_format=file_format, at=at)
        if wanted.tenant_id:
            note_look(actor, visible_tenant(actor, wanted.tenant_id).id, at=at)
    content_type, written = FORMATS[file_format]
    response = StreamingHttpResponse(written(pieces_of(actor, wanted)), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="audit-{at:%Y-%m-%d}.{file_format}"'
    return cast("HttpResponse", response)  # streams from scopes of its own
