"""From a proven person to a session, and on to the right page."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlencode

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth import logout
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from mainstay.core.actor import ActorKind
from mainstay.core.house.current import house
from mainstay.people.access.accounts import seats_of_user
from mainstay.people.access.attempts import DEVICE_COOKIE, DEVICE_DAYS, device_mark
from mainstay.people.access.doors import HOMES, choose_seat, seat_of_session, seats_of_session
from mainstay.people.access.models import User
from mainstay.people.access.queries import Seat
from mainstay.people.access.rules import is_own_path

SESSION_ENDED = "mainstay_session_ended"
"""Channel on which the live stream hears of sign-outs; a stream of that session then ends at once."""


def mark_of_session(session_key: str) -> str:
    """Tells sessions apart without being one."""
    return sha256(session_key.encode()).hexdigest()[:32]


def begin_session(
    request: HttpRequest, user: User, *, method: str, next_path: str = "", seat: Seat | None = None
) -> HttpResponse:
    """Through the library's login stages (second factors stand there) to the person's page.

    A seat that is given is the one to sit on; whoever has several and named none chooses first.
    """
    record_authentication(request, user, method=method)
    target = next_path if is_own_path(next_path) else ""
    seats = seats_of_user(user)
    if seat is None and len(seats) == 1:
        seat = seats[0]
    landing = landing_path(seat, target)
    response: HttpResponse = perform_login(request, Login(user=user, email=user.email, redirect_url=landing))
    if request.user.is_authenticated and request.user.pk == user.pk:
        request.session.set_expiry(_life(seats))
        request.seats = seats  # type: ignore[attr-defined]
        if seat is not None and seat.membership_id is not None:
            choose_seat(request, seat.membership_id)
        _mark_device(request, response, user)
    return response


def _life(seats: Sequence[Seat]) -> timedelta:
    is_staff = any(seat.kind is ActorKind.STAFF for seat in seats)
    return timedelta(days=house().staff_session_days if is_staff else house().session_days)


def end_session(request: HttpRequest) -> None:
    key = request.session.session_key
    logout(request)
    if key:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [SESSION_ENDED, mark_of_session(key)])
    request.seats = []  # type: ignore[attr-defined]


def landing_path(seat: Seat | None, next_path: str = "") -> str:
    if seat is not None:
        return next_path or HOMES[seat.kind]
    return reverse("switch") + (f"?{urlencode({'next': next_path})}" if next_path else "")


def to_landing(request: HttpRequest, next_path: str = "") -> HttpResponse:
    """For somebody who is signed in already."""
    target = next_path if is_own_path(next_path) else ""
    return redirect(landing_path(seat_of_session(request), target))


def has_a_seat(request: HttpRequest) -> bool:
    return bool(seats_of_session(request))


def _mark_device(request: HttpRequest, response: HttpResponse, user: User) -> None:
    response.set_cookie(
        DEVICE_COOKIE,
        device_mark(user.email, secrets.token_hex(8)),
        max_age=DEVICE_DAYS * 86_400,
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
