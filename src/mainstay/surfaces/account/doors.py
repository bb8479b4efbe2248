"""Pages about oneself, the same for staff and members, in the frame of the side one sits on."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor, ActorKind

_LAYOUTS: Final = {ActorKind.STAFF: "account/on_desk.html", ActorKind.MEMBER: "account/on_portal.html"}
# Name of the address, word, icon.
_TABS: Final[tuple[tuple[str, str | LazyText, str], ...]] = (
    ("account_notifications", _("Notifications"), "bell"),
    ("account_security", _("Security"), "shield-check"),
    ("account_single_sign_on", _("Single sign-on"), "building-2"),
)


def own_render(
    request: HttpRequest, actor: Actor, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Renders a page whose template `{% extends layout %}`, with the tabs of all pages about oneself."""
    tabs = [
        {"url": reverse(name), "word": word, "icon": icon, "current": request.path.startswith(reverse(name))}
        for name, word, icon in _TABS
    ]
    words = {"layout": _LAYOUTS[actor.kind], "tabs": tabs, **context}
    return render(request, template, words, status=status)
