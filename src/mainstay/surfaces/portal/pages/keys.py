"""The customer's API keys. A new one is shown once, on the answer to the form itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import TENANT_MANAGERS, Actor, key_scopes_for
from mainstay.people.access.actions import create_api_key, revoke_api_key
from mainstay.people.access.doors import member_page
from mainstay.people.access.factors.lately import lately_proven
from mainstay.people.access.labels import scope_choices
from mainstay.people.access.models import KeyFields
from mainstay.people.access.queries import keys_of
from mainstay.people.access.rules import MANAGE_KEYS
from mainstay.shell.forms import told_at
from mainstay.surfaces.portal.forms import KeyForm


@require_http_methods(["GET", "HEAD"])
@member_page
def keys(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = clock.now()
    context = {
        "rows": key_rows(keys_of(actor, actor.home), at),
        "may_change": actor.may(MANAGE_KEYS),
        "now": at,
    }
    return render(request, "portal/keys.html", context)


def key_rows(found: Sequence[KeyFields], at: datetime) -> list[dict[str, object]]:
    return [
        {
            "key": key,
            "is_expired": key.expires_at is not None and key.expires_at <= at,
            "scopes": [words for _code, words in scope_choices(key.scopes)],
        }
        for key in found
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@lately_proven(also_reading=True)
@member_page
def new_key(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_KEYS)
    at = clock.now()
    form = KeyForm(request.POST or None, scopes=key_scopes_for(TENANT_MANAGERS), today=at.date())
    if form.is_valid():
        given = form.cleaned_data
        with told_at(form):
            key, token = create_api_key(
                actor,
                name=given["name"],
                scopes=given["scopes"],
                expires_at=end_of(given["expires_on"]),
                at=at,
            )
        if form.is_valid():
            return render(request, "portal/key_made.html", {"key": key, "token": token})
    return render(request, "portal/new_key.html", {"form": form}, status=422 if form.errors else 200)


def end_of(day: date | None) -> datetime | None:
    """A key works on its last day."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1) if day else None


@require_POST
@member_page
def revoke(request: HttpRequest, actor: Actor, key_id: UUID) -> HttpResponse:
    key = revoke_api_key(actor, key_id, at=clock.now())
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": key.name})
    return redirect("support_keys")
