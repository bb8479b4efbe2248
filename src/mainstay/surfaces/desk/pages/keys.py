"""The operator's API keys."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import STAFF_ROLES, Actor, key_scopes_for
from mainstay.people.access.actions import create_operator_key, revoke_operator_key
from mainstay.people.access.doors import staff_page
from mainstay.people.access.factors.lately import lately_proven
from mainstay.people.access.queries import operator_keys
from mainstay.people.access.rules import MANAGE_OPERATOR_KEYS
from mainstay.shell.forms import told_at
from mainstay.surfaces.portal.forms import KeyForm
from mainstay.surfaces.portal.pages.keys import end_of, key_rows


@require_http_methods(["GET", "HEAD"])
@staff_page
def keys(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = clock.now()
    context = {"rows": key_rows(operator_keys(actor), at), "may_change": True, "now": at}
    return render(request, "desk/keys.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@lately_proven(also_reading=True)
@staff_page
def new_key(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_OPERATOR_KEYS)
    at = clock.now()
    form = KeyForm(request.POST or None, scopes=key_scopes_for(STAFF_ROLES), today=at.date())
    if form.is_valid():
        given = form.cleaned_data
        with told_at(form):
            key, token = create_operator_key(
                actor,
                name=given["name"],
                scopes=given["scopes"],
                expires_at=end_of(given["expires_on"]),
                at=at,
            )
        if form.is_valid():
            return render(request, "desk/key_made.html", {"key": key, "token": token})
    return render(request, "desk/new_key.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@staff_page
def revoke(request: HttpRequest, actor: Actor, key_id: UUID) -> HttpResponse:
    key = revoke_operator_key(actor, key_id, at=clock.now())
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": key.name})
    return redirect("desk_keys")
