"""The same pages for staff and for a customer's managers, in the frame of the side one sits on."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mainstay.core import clock
from mainstay.core.actor import Actor, ActorKind
from mainstay.integrations.webhooks.rules import MANAGE_WEBHOOKS

_LAYOUTS: Final = {ActorKind.STAFF: "shell/layouts/admin.html", ActorKind.MEMBER: "portal/base.html"}


def side_render(
    request: HttpRequest, actor: Actor, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Renders a page whose template `{% extends layout %}`."""
    words = {
        "layout": _LAYOUTS[actor.kind],
        "actor_is_staff": actor.is_staff,
        "current": "webhooks",
        "now": clock.now(),
        "may_manage": actor.may(MANAGE_WEBHOOKS),
        **context,
    }
    return render(request, template, words, status=status)
