"""One's own personal data, to take along."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.people.access.doors import member_page
from mainstay.people.privacy.actions import ask_export
from mainstay.people.privacy.queries import own_exports, visible_request
from mainstay.surfaces.account.doors import own_render
from mainstay.surfaces.portal.pages.privacy import handed_out, request_rows


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def privacy(request: HttpRequest, actor: Actor) -> HttpResponse:
    if actor.member_id is None:
        raise NotFound
    if request.method == "POST":
        ask_export(actor, actor.member_id, at=clock.now())
        messages.success(request, _("Your data is being put together. You are told when it can be fetched."))
        return redirect("account_privacy")
    rows = request_rows(actor, own_exports(actor), "account_privacy_download")
    context = {"rows": rows, "is_waiting": any(row["is_open"] for row in rows), "now": clock.now()}
    return own_render(request, actor, "account/privacy.html", context)


@require_POST
@member_page
def download(request: HttpRequest, actor: Actor, request_id: UUID) -> HttpResponse:
    found = visible_request(actor, request_id)
    if found.member_id != actor.member_id:
        raise NotFound
    return handed_out(actor, found)
