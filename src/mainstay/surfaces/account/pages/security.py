"""How one signs in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from mainstay.core.actor import Actor
from mainstay.people.access.doors import own_page
from mainstay.surfaces.account.doors import own_render


@require_http_methods(["GET", "HEAD"])
@own_page
def security(request: HttpRequest, actor: Actor) -> HttpResponse:
    return own_render(request, actor, "account/security.html", {})
