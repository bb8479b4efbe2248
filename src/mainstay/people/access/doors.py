"""The doors of pages and JSON: who asks is read first, then the scope opens around action and rendering."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from mainstay.core.actor import Actor, ActorKind, Origin
from mainstay.core.errors import NotFound, Unauthenticated
from mainstay.people.access.models import Membership
from mainstay.people.access.queries import Seat, memberships_of, seat_of

P = ParamSpec("P")
R = TypeVar("R")
_SESSION_KEY = "membership"


def origin_of(request: HttpRequest, door: str) -> Origin:
    return Origin(door=door, ip=client_ip(request), request_id=getattr(request, "request_id", ""))


def client_ip(request: HttpRequest) -> str | None:
    """The peer, or what the outermost trusted proxy saw (the middleware of the project settles that)."""
    return request.META.get("REMOTE_ADDR") or None


def active_membership(request: HttpRequest) -> Membership | None:
    """The one seat this session sits on; a person with several chooses, the first is the default."""
    user = request.user
    if not user.is_authenticated:
        return None
    mine = memberships_of(user.pk)
    wanted = request.session.get(_SESSION_KEY)
    return next((m for m in mine if str(m.id) == wanted), mine[0] if mine else None)


def choose_membership(request: HttpRequest, membership_id: UUID) -> Membership:
    """Switch seats, explicitly; only to one's own."""
    user = request.user
    mine = memberships_of(user.pk) if user.is_authenticated else []
    chosen = next((m for m in mine if m.id == membership_id), None)
    if chosen is None:
        raise NotFound
    request.session[_SESSION_KEY] = str(chosen.id)
    request.session.cycle_key()
    return chosen


def seat_of_session(request: HttpRequest) -> Seat | None:
    membership = active_membership(request)
    return seat_of(membership) if membership else None


def page(
    *sides: ActorKind,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """A page for these sides. The view is called as `view(request, actor, …)` inside the scope and must
    return a rendered response (`render()`, never TemplateResponse). Somebody of another side gets 404."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            seat = seat_of_session(request)
            if seat is None:
                return _to_sign_in(request)
            if seat.kind not in sides:
                raise NotFound
            with seat.open(origin_of(request, "web")) as actor:
                response = view(request, actor, *args, **kwargs)
                _refuse_lazy(response)
            return response

        door.sides = sides  # type: ignore[attr-defined]
        return door

    return decorate


def staff_page(view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]) -> Any:
    return page(ActorKind.STAFF)(view)


def member_page(view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]) -> Any:
    return page(ActorKind.MEMBER)(view)


def _refuse_lazy(response: Any) -> None:
    """A response rendered after the scope closed would run its queries outside the wall's roles."""
    if getattr(response, "is_rendered", True) is False:
        raise TypeError("return a rendered response from inside the scope")


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        raise Unauthenticated
    return redirect(f"{reverse('sign_in')}?next={request.get_full_path()}")
