"""The doors of pages and JSON: who asks is read first, then the scope opens around action and rendering."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from mainstay.core import clock
from mainstay.core.actor import Actor, ActorKind, Origin
from mainstay.core.errors import NotFound, Problem
from mainstay.people.access.open_sessions import SEAT_KEY, close_session, is_over, rotate_key, see_session
from mainstay.people.access.proofs import proof_of_session
from mainstay.people.access.queries import Seat, seats_of
from mainstay.shell.pages import problem_page

P = ParamSpec("P")
HOMES: Final = {ActorKind.STAFF: "/desk", ActorKind.MEMBER: "/support"}


def origin_of(request: HttpRequest, door: str) -> Origin:
    return Origin(door=door, ip=client_ip(request), request_id=getattr(request, "request_id", ""))


def client_ip(request: HttpRequest) -> str | None:
    """The peer, or what the outermost trusted proxy saw (the middleware of the project settles that)."""
    return request.META.get("REMOTE_ADDR") or None


def seats_of_session(request: HttpRequest, *, is_watching: bool = False) -> list[Seat]:
    """Every seat of the signed-in person that this session's proofs open at this moment; one query, once a
    request. None where the session has outlived its time. Watching (the live stream) neither prolongs a session nor
    ends it."""
    known: list[Seat] | None = getattr(request, "seats", None)
    if known is None:
        everything = _seats(request, is_watching) if request.user.is_authenticated else []
        proof = proof_of_session(request)
        known = proof.opened(everything)
        request.seats = known  # type: ignore[attr-defined]
        # Seats of a customer are nobody's business who has proven no more than a seat at another one.
        request.locked_seats = [s for s in everything if not proof.opens(s)] if proof.account else []  # type: ignore[attr-defined]
    return known


def locked_seats(request: HttpRequest) -> list[Seat]:
    """Seats that the person has and this session may not sit on before their provider has been asked."""
    seats_of_session(request)
    return getattr(request, "locked_seats", [])


def _seats(request: HttpRequest, is_watching: bool) -> list[Seat]:
    assert request.user.pk is not None, "signed in"
    found, now = seats_of(request.user.pk, request.session.session_key or ""), clock.now()
    if not found:
        return []
    is_staff = any(seat.kind is ActorKind.STAFF for seat in found)
    if is_over(found[0].session_began_at, found[0].session_seen_at, now, is_staff=is_staff):
        if not is_watching:
            close_session(request)
        return []
    if not is_watching:
        see_session(request, seen_at=found[0].session_seen_at, ip=client_ip(request), now=now)
    return found


def seat_of_session(
    request: HttpRequest, *, even_barred: bool = False, is_watching: bool = False
) -> Seat | None:
    """The one seat this session sits on. A person with several has none until one is chosen; somebody who has yet
    to set up the second factor that is demanded has none for any door but those where that is done."""
    seat = _chosen_seat(request, is_watching)
    return None if seat is not None and seat.is_barred and not even_barred else seat


def _chosen_seat(request: HttpRequest, is_watching: bool) -> Seat | None:
    mine = seats_of_session(request, is_watching=is_watching)
    wanted = request.session.get(SEAT_KEY)
    chosen = next((seat for seat in mine if str(seat.membership_id) == wanted), None)
    return chosen or (mine[0] if len(mine) == 1 else None)


def is_barred(request: HttpRequest) -> bool:
    seat = seat_of_session(request, even_barred=True)
    return seat is not None and seat.is_barred


def choose_seat(request: HttpRequest, membership_id: UUID) -> Seat:
    """Switch seats, explicitly; only to one's own."""
    chosen = next((s for s in seats_of_session(request) if s.membership_id == membership_id), None)
    if chosen is None:
        raise NotFound
    request.session[SEAT_KEY] = str(chosen.membership_id)
    rotate_key(request)
    return chosen


def page(
    *sides: ActorKind, even_barred: bool = False
) -> Callable[
    [Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """A page for these sides. The view is called as `view(request, actor, …)` inside the scope and must
    return a rendered response (`render()`, never TemplateResponse). Somebody of another side gets 404.

    A problem leaves the scope, which undoes everything, before it becomes a page.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            seat = seat_of_session(request, even_barred=even_barred)
            if seat is None:
                return _to_sign_in(request)
            try:
                if seat.kind not in sides:
                    raise NotFound
                with seat.open(origin_of(request, "web")) as actor:
                    request.seat, request.actor = seat, actor  # type: ignore[attr-defined]
                    response = view(request, actor, *args, **kwargs)
                    _refuse_lazy(response)
            except Problem as problem:
                with translation.override(seat.language or None):
                    return problem_page(request, problem)
            # The pages of one person are for nobody's cache, and not for whoever presses "back" after sign-out.
            response.headers.setdefault("Cache-Control", "private, no-store")
            return response

        door.sides = sides  # type: ignore[attr-defined]
        return door

    return decorate


def staff_page(view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]) -> Any:
    return page(ActorKind.STAFF)(view)


def member_page(view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]) -> Any:
    return page(ActorKind.MEMBER)(view)


def own_page(view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]) -> Any:
    """About oneself: for whoever is signed in, on either side."""
    return page(ActorKind.STAFF, ActorKind.MEMBER)(view)


def own_page_even_barred(view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]) -> Any:
    """As `own_page`, also for somebody who has yet to set up a second factor: where that is done."""
    return page(ActorKind.STAFF, ActorKind.MEMBER, even_barred=True)(view)


def _refuse_lazy(response: Any) -> None:
    """A response rendered after the scope closed would run its queries outside the wall's roles."""
    if getattr(response, "is_rendered", True) is False:
        raise TypeError("return a rendered response from inside the scope")


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To sign in; or, for somebody signed in, to choose a seat (or to read that none is left), or to set up what
    is demanded of them."""
    door = "switch" if request.user.is_authenticated else "sign_in"
    if is_barred(request):
        door = "account_security"
    back = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    target = reverse(door) + (f"?{urlencode({'next': back})}" if back else "")
    if getattr(request, "htmx", False):
        # A fragment would be put into the page; the whole page has to go.
        response = HttpResponse(status=401)
        response["HX-Redirect"] = target
        return response
    return redirect(target)
