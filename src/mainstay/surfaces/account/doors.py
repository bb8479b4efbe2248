"""Pages about oneself, the same for staff and members, in the frame of the side one sits on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor, ActorKind
from mainstay.people.access.doors import is_barred, seat_of_session
from mainstay.people.access.factors.proof import confirm_address, is_proven
from mainstay.people.access.models import User
from mainstay.people.access.proofs import is_account_proven
from mainstay.people.access.sessions import prove_account

_LAYOUTS: Final = {ActorKind.STAFF: "account/on_desk.html", ActorKind.MEMBER: "account/on_portal.html"}
# Name of the address, word, icon.
_PROFILES: Final = {ActorKind.STAFF: "desk_profile", ActorKind.MEMBER: "support_profile"}
_TABS: Final[tuple[tuple[str, str | LazyText, str], ...]] = (
    ("account_notifications", _("Notifications"), "bell"),
    ("account_security", _("Security"), "shield-check"),
    ("account_single_sign_on", _("Single sign-on"), "building-2"),
    ("account_sessions", _("Sessions"), "monitor-smartphone"),
    ("account_privacy", _("My data"), "file-archive"),
)


def own_render(
    request: HttpRequest, actor: Actor, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Renders a page whose template `{% extends layout %}`, with the tabs of all pages about oneself."""
    profile = (_PROFILES[actor.kind], _("Profile"), "user-round")
    tabs = [
        {"url": reverse(name), "word": word, "icon": icon, "current": request.path.startswith(reverse(name))}
        for name, word, icon in (profile, *_TABS)
        if (name == "account_security" or not is_barred(request))
        and (name != "account_privacy" or actor.member_id)
    ]
    words = {"layout": _LAYOUTS[actor.kind], "tabs": tabs, **context}
    return render(request, template, words, status=status)


def proven(door: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Around a door: what a stolen session must not do asks first who is there, unless that was shown of late."""

    @wraps(door)
    def asking(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        if seat_of_session(request, even_barred=True) is None:
            return door(request, *args, **kwargs)
        if not is_account_proven(request):
            return prove_account(request)
        if is_proven(request):
            return door(request, *args, **kwargs)
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({}, status=409)
        back = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("account_security")
        return redirect(confirm_address(back))

    asking.sides = door.sides  # type: ignore[attr-defined]
    return asking


def of_the_account(door: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Around a door: a session that a provider opened has proven a seat, and nothing of the account."""

    @wraps(door)
    def asking(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        if seat_of_session(request, even_barred=True) is None or is_account_proven(request):
            return door(request, *args, **kwargs)
        return prove_account(request)

    asking.sides = door.sides  # type: ignore[attr-defined]
    return asking


def user_of(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User), "the door let nobody else in"
    return user
