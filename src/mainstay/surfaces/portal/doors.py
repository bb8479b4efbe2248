"""Pages on which customers write: files are stored before the scope opens, and words outlive the session."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from mainstay.core.actor import Actor
from mainstay.people.access.doors import member_page, seat_of_session
from mainstay.support.tickets.uploads import Upload, save_uploads

P = ParamSpec("P")
_WRITTEN = ("subject", "body")


def writing_page(
    view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse], *, field: str = "attachments"
) -> Any:
    door = member_page(view)

    @wraps(view)
    def writing(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST":
            seat = seat_of_session(request)
            if seat is None:
                return _signed_out(request)
            if seat.tenant_id is not None:
                request.uploads = save_uploads(request, seat.tenant_id, field)  # type: ignore[attr-defined]
        return door(request, *args, **kwargs)  # type: ignore[no-any-return]

    writing.sides = door.sides  # type: ignore[attr-defined]
    return writing


def logo_page(view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]) -> Any:
    return writing_page(view, field="logo")


def renewed_fragment(view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]) -> Any:
    """A part that a page renews by itself. When the session has ended it changes nothing: the page may hold
    words that somebody is writing, and sending it away to sign in would take it from under their hands."""
    door = member_page(view)

    @wraps(view)
    def renewing(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if getattr(request, "htmx", False) and seat_of_session(request) is None:
            return HttpResponse(status=204)
        return door(request, *args, **kwargs)  # type: ignore[no-any-return]

    renewing.sides = door.sides  # type: ignore[attr-defined]
    return renewing


def uploads_of(request: HttpRequest) -> list[Upload]:
    return getattr(request, "uploads", [])


def _signed_out(request: HttpRequest) -> HttpResponse:
    """The session ended while somebody wrote: the words are handed back instead of being dropped."""
    door = "switch" if request.user.is_authenticated else "sign_in"
    words = [text for name in _WRITTEN if (text := request.POST.get(name, "").strip())]
    context = {
        "texts": words,
        "had_files": bool(request.FILES),
        "sign_in": f"{reverse(door)}?{urlencode({'next': request.path})}",
    }
    response = render(request, "portal/signed_out.html", context, status=401)
    response["Cache-Control"] = "private, no-store"
    return response
