"""The webhooks of one's side: listing, setting up, changing. A secret is shown once, on the answer to the form."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.integrations.webhooks.actions import (
    change_endpoint,
    create_endpoint,
    remove_endpoint,
    rotate_secret,
    switch_endpoint,
)
from mainstay.integrations.webhooks.queries import visible_endpoint, visible_endpoints, waiting_counts
from mainstay.integrations.webhooks.rules import MANAGE_WEBHOOKS
from mainstay.people.access.doors import own_page
from mainstay.people.access.factors.lately import lately_proven
from mainstay.shell.forms import told_at
from mainstay.surfaces.webhooks.doors import side_render
from mainstay.surfaces.webhooks.forms import EndpointForm
from mainstay.surfaces.webhooks.labels import endpoint_state


@require_http_methods(["GET", "HEAD"])
@own_page
def webhooks(request: HttpRequest, actor: Actor) -> HttpResponse:
    found = list(visible_endpoints(actor))
    waiting = waiting_counts(actor) if found else {}
    rows = [
        {"endpoint": one, "waiting": waiting.get(one.id, 0), "state": endpoint_state(one)} for one in found
    ]
    return side_render(request, actor, "webhooks/webhooks.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@lately_proven(also_reading=True)
@own_page
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_WEBHOOKS)
    form = EndpointForm(request.POST or None, is_operators=actor.is_staff)
    if form.is_valid():
        with told_at(form):
            endpoint, made = create_endpoint(actor, **form.cleaned_data, at=clock.now())
        if form.is_valid():
            context = {"endpoint": endpoint, "secret": made, "is_new": True}
            return side_render(request, actor, "webhooks/secret.html", context)
    return side_render(
        request, actor, "webhooks/form.html", {"form": form}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@lately_proven()
@own_page
def edit(request: HttpRequest, actor: Actor, endpoint_id: UUID) -> HttpResponse:
    endpoint = visible_endpoint(actor, endpoint_id)
    actor.require(MANAGE_WEBHOOKS)
    known = {name: getattr(endpoint, name) for name in ("url", "description", "event_names")}
    form = EndpointForm(request.POST or None, initial=known, is_operators=actor.is_staff)
    if form.is_valid():
        with told_at(form):
            change_endpoint(actor, endpoint_id, **form.cleaned_data, at=clock.now())
        if form.is_valid():
            messages.success(request, _("The webhook was changed."))
            return redirect("webhook", endpoint_id=endpoint_id)
    context = {"form": form, "endpoint": endpoint}
    return side_render(request, actor, "webhooks/form.html", context, status=422 if form.errors else 200)


@require_POST
@lately_proven(back="webhook")
@own_page
def secret(request: HttpRequest, actor: Actor, endpoint_id: UUID) -> HttpResponse:
    endpoint, made = rotate_secret(actor, endpoint_id, at=clock.now())
    return side_render(request, actor, "webhooks/secret.html", {"endpoint": endpoint, "secret": made})


@require_POST
@own_page
def switch(request: HttpRequest, actor: Actor, endpoint_id: UUID) -> HttpResponse:
    is_on = request.POST.get("on") == "yes"
    switch_endpoint(actor, endpoint_id, on=is_on, at=clock.now())
    said = _("The webhook is on; what was held is sent now.") if is_on else _("The webhook is off.")
    messages.success(request, said)
    return redirect("webhook", endpoint_id=endpoint_id)


@require_POST
@own_page
def remove(request: HttpRequest, actor: Actor, endpoint_id: UUID) -> HttpResponse:
    remove_endpoint(actor, endpoint_id, at=clock.now())
    messages.success(request, _("The webhook was removed."))
    return redirect("webhooks")
