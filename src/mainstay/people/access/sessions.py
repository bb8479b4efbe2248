"""From a proven person to a session, and on to the right page."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from mainstay.core.actor import ActorKind
from mainstay.core.house.current import house
from mainstay.people.access.accounts import seats_of_user
from mainstay.people.access.attempts import DEVICE_COOKIE, DEVICE_DAYS, device_mark
from mainstay.people.access.doors import HOMES, choose_seat, seat_of_session, seats_of_session
from mainstay.people.access.models import User
from mainstay.people.access.proofs import ACCOUNT, note_proof
from mainstay.people.access.queries import Seat
from mainstay.people.access.rules import is_own_path

SESSION_ENDED = "mainstay_session_ended"
"""Channel on which the live stream hears of sign-outs; a stream of that session then ends at once."""


def mark_of_session(session_key: str) -> str:
    """Tells sessions apart without being one."""
    return sha256(session_key.encode()).hexdigest()[:32]


def begin_session(
    request: HttpRequest,
    user: User,
    *,
    method: str,
    next_path: str = "",
    seat: Seat | None = None,
    provider_id: UUID | None = None,
) -> HttpResponse:
    """Through the library's login stages (second factors stand there) to the person's page.

    A seat that is given is the one to sit on; whoever has several and named none chooses first. With a
    provider, that seat is all that was proven. What was proven travels with the library's own state, since a
    stage may answer first and go on in a later request; `settle_session` is where they all come out.
    """
    target = next_path if is_own_path(next_path) else ""
    everything = seats_of_user(user)
    seats = [s for s in everything if ACCOUNT.opens(s)]
    if provider_id is None and (seat is None or not ACCOUNT.opens(seat)):
        if everything and not seats:
            return _to_provider(request, seat or everything[0], target)
        seat = seats[0] if len(seats) == 1 else None
    record_authentication(request, user, method=method)
    proved = {
        "membership_id": str(seat.membership_id) if seat else "",
        "provider_id": str(provider_id) if provider_id else "",
    }
    login = Login(
        user=user, email=user.email, redirect_url=landing_path(seat, target), signal_kwargs={"proved": proved}
    )
    response: HttpResponse = perform_login(request, login)
    return response


def settle_session(
    request: HttpRequest,
    response: HttpResponse,
    user: User,
    *,
    membership_id: str = "",
    provider_id: str = "",
) -> None:
    """The sign-in is complete, its stages behind it: what it proved, where to sit, a mark for the browser."""
    note_proof(request, user.pk, membership_id=membership_id, provider_id=provider_id)
    request.seats = None  # type: ignore[attr-defined]
    if any(str(seat.membership_id) == membership_id for seat in seats_of_session(request)):
        choose_seat(request, UUID(membership_id))
    request.session.set_expiry(_life(seats_of_session(request)))
    if not provider_id:
        # A mark gives its browser a bucket of password attempts of its own. A provider that could hand them
        # out without end would let its administrator guess the account's password without end.
        _mark_device(request, response, user)


def _life(seats: Sequence[Seat]) -> timedelta:
    is_staff = any(seat.kind is ActorKind.STAFF for seat in seats)
    return timedelta(days=house().staff_session_days if is_staff else house().session_days)


def _to_provider(request: HttpRequest, seat: Seat, target: str) -> HttpResponse:
    """The account is proven, and none of its seats opens to that."""
    whose = seat.tenant_name or house().operator_name
    messages.info(request, _("%(name)s asks its people to sign in here.") % {"name": whose})
    return redirect(provider_door(seat) + (f"?{urlencode({'next': target})}" if target else ""))


def provider_door(seat: Seat) -> str:
    return reverse("sign_in_at", args=[seat.tenant_slug]) if seat.tenant_slug else reverse("sign_in_staff")


def end_session(request: HttpRequest) -> None:
    key = request.session.session_key
    logout(request)
    if key:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [SESSION_ENDED, mark_of_session(key)])
    request.seats = []  # type: ignore[attr-defined]


def prove_account(request: HttpRequest) -> HttpResponse:
    """For a page about the account, when the session has proven no more than a seat: sign in by password or
    link first, then come back."""
    messages.info(request, _("Sign in by your password or a link to change how your account signs in."))
    return redirect(f"{reverse('sign_in')}?{urlencode({'again': '1', 'next': request.get_full_path()})}")


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
