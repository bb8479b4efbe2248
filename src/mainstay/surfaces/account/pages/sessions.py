"""Where one is signed in, and ending it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.core.wall.scope import as_door
from mainstay.people.access.actions import end_own_sessions
from mainstay.people.access.agents import device_words, is_handheld
from mainstay.people.access.doors import own_page
from mainstay.people.access.open_sessions import open_sessions
from mainstay.surfaces.account.doors import of_the_account, own_render, user_of


@require_http_methods(["GET", "HEAD", "POST"])
@of_the_account
@own_page
def sessions(request: HttpRequest, actor: Actor) -> HttpResponse:
    if request.method == "POST":
        count = end_own_sessions(
            actor,
            user_of(request).pk,
            current=request.session.session_key or "",
            only=_wanted(request.POST.get("session", "")),
            at=clock.now(),
        )
        said = ngettext("%(count)d session is ended.", "%(count)d sessions are ended.", count) % {
            "count": count
        }
        messages.success(request, said)
        return redirect("account_sessions")
    with as_door():
        found = list(open_sessions(user_of(request).pk, clock.now())[:100])
    rows = [
        {
            "session": row,
            "device": device_words(row.agent),
            "icon": "smartphone" if is_handheld(row.agent) else "monitor",
            "is_current": row.session_key == request.session.session_key,
        }
        for row in found
    ]
    rows.sort(key=lambda row: not row["is_current"])
    return own_render(request, actor, "account/sessions.html", {"rows": rows, "has_others": len(rows) > 1})


def _wanted(text: str) -> UUID | None:
    """One session, or none: all others."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
