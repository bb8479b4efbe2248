"""From a proven person to a session, and on to the right page."""

from __future__ import annotations

import secrets
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from mainstay.core import clock
from mainstay.core.actor import ActorKind
from mainstay.core.house.current import house
from mainstay.people.access.accounts import seats_of_user
from mainstay.people.access.attempts import DEVICE_COOKIE, DEVICE_DAYS, device_mark, is_known_device
from mainstay.people.access.doors import (
    HOMES,
    choose_seat,
    client_ip,
    origin_of,
    seat_of_session,
    seats_of_session,
)
from mainstay.people.access.events import SignedIn, SignedOut
from mainstay.people.access.models import User
from mainstay.people.access.open_sessions import agent_of, close_session, longest_life, note_session
from mainstay.people.access.proofs import ACCOUNT, is_account_proven, note_proof
from mainstay.people.access.queries import Seat
from mainstay.people.access.rules import is_own_path
from mainstay.people.access.telling import mail_new_device, record_at

_TOLD: Final = "seats_told"
"""The seats whose audit log knows of this session."""


def begin_session(
    request: HttpRequest,
    user: User,
    *,
    method: str,
    next_path: str = "",
    seat: Seat | None = None,
    provider_id: UUID | None = None,
    passkey: Authenticator | None = None,
) -> HttpResponse:
    """Through the library's login stages (the second factor stands there) to the person's page.

    A seat that is given is the one to sit on; whoever has several and named none chooses first. With a
    provider, that seat is all that was proven. What was proven travels with the library's own state, since a
    stage may answer first and go on in a later request; `finish_sign_in` is where they all come out.
    """
    target = next_path if is_own_path(next_path) else ""
    everything = seats_of_user(user)
    seats = [s for s in everything if ACCOUNT.opens(s)]
    if provider_id is None and (seat is None or not ACCOUNT.opens(seat)):
        if everything and not seats:
            return _to_provider(request, seat or everything[0], target)
        seat = seats[0] if len(seats) == 1 else None
    if request.user.is_authenticated and request.user.pk != user.pk:
        end_session(request)
    more = {} if passkey is None else {"id": passkey.pk, "type": passkey.type, "passwordless": True}
    record_authentication(request, user, method="mfa" if passkey else method, **more)
    landing = landing_path(seat, target)
    if provider_id is None and is_account_proven(request):
        take_seat(request, seat)  # signed in already, and proven once more
        return redirect(landing)
    carried = {
        "method": method,
        "membership_id": str(seat.membership_id) if seat else "",
        "provider_id": str(provider_id) if provider_id else "",
        "is_first": user.last_login is None,
        "as_of": user.get_session_auth_hash(),
    }
    login = Login(user=user, email=user.email, redirect_url=landing, signal_kwargs=carried)
    response: HttpResponse = perform_login(request, login)
    return response


def finish_sign_in(
    request: HttpRequest,
    user: User,
    *,
    landing: str,
    method: str,
    membership_id: str,
    provider_id: str,
    is_first: bool,
    as_of: str,
) -> HttpResponse:
    """The sign-in is complete, its stages behind it: what it proved, where to sit, a mark for the browser."""
    now, ip = clock.now(), client_ip(request)
    note_proof(request, user.pk, membership_id=membership_id, provider_id=provider_id)
    note_session(request, user, method=method, ip=ip, now=now)
    request.seats = None  # type: ignore[attr-defined]
    seats = seats_of_session(request)
    is_staff = any(seat.kind is ActorKind.STAFF for seat in seats)
    request.session.set_expiry(longest_life(is_staff=is_staff))
    # Where a provider asks, from which devices is the provider's to know.
    is_known = bool(provider_id) or is_known_device(request.COOKIES.get(DEVICE_COOKIE, ""), user.email)
    request.session["is_new_device"] = not is_known and not is_first
    take_seat(request, next((s for s in seats if str(s.membership_id) == membership_id), None))
    if not is_known and not is_first:
        mail_new_device(user, agent=agent_of(request), ip=ip, at=now)
    response = redirect(landing)
    if not provider_id:
        # A mark gives its browser a bucket of password attempts of its own. A provider that could hand them
        # out without end would let its administrator guess the account's password without end.
        _mark_device(request, response, user)
    return response


def _to_provider(request: HttpRequest, seat: Seat, target: str) -> HttpResponse:
    """The account is proven, and none of its seats opens to that."""
    whose = seat.tenant_name or house().operator_name
    messages.info(request, _("%(name)s asks its people to sign in here.") % {"name": whose})
    return redirect(provider_door(seat) + (f"?{urlencode({'next': target})}" if target else ""))


def provider_door(seat: Seat) -> str:
    return reverse("sign_in_at", args=[seat.tenant_slug]) if seat.tenant_slug else reverse("sign_in_staff")


def take_seat(request: HttpRequest, seat: Seat | None) -> None:
    """Sits down on it, if it is one of the person's own; the audit log of that seat hears of the sign-in, once."""
    if seat is None or seat.membership_id is None:
        return
    choose_seat(request, seat.membership_id)
    told: list[str] = request.session.get(_TOLD, [])
    if str(seat.membership_id) not in told:
        request.session[_TOLD] = [*told, str(seat.membership_id)]
        record_at(seat, _signed_in(request, seat), origin_of(request, "web"), at=clock.now())


def _signed_in(request: HttpRequest, seat: Seat) -> SignedIn:
    records: list[dict[str, Any]] = request.session.get("account_authentication_methods", [])
    by = [str(r.get("type") or r.get("method")) for r in records]
    return SignedIn(
        person_id=seat.person_id,
        method=by[0] if by else "",
        second_factor=by[-1] if len(by) > 1 and records[-1].get("method") == "mfa" else "",
        is_new_device=bool(request.session.get("is_new_device")),
    )


def end_session(request: HttpRequest) -> None:
    seat = seat_of_session(request, even_barred=True)
    close_session(request)
    if seat is not None:
        record_at(seat, SignedOut(person_id=seat.person_id), origin_of(request, "web"), at=clock.now())


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
    return redirect(landing_path(seat_of_session(request, even_barred=True), target))


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
