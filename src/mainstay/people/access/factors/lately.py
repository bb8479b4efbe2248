"""Around doors behind which something is made or changed that outlives a stolen session: API keys, webhooks' secrets,
identity providers. They ask who is there, unless that was shown of late.

Unlike the account itself these belong to a seat, so whoever a provider signed in shows it at the provider.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from mainstay.core import clock
from mainstay.people.access.doors import seat_of_session
from mainstay.people.access.factors.proof import confirm_address, is_proven
from mainstay.people.access.factors.rules import is_fresh, last_word_of
from mainstay.people.access.models import User
from mainstay.people.access.proofs import SSO, is_account_proven
from mainstay.people.access.queries import Seat
from mainstay.people.access.sessions import provider_door

Door = Callable[..., HttpResponse]
_READING: Final = frozenset({"GET", "HEAD"})


def lately_proven(*, also_reading: bool = False, back: str = "") -> Callable[[Door], Door]:
    """`also_reading`: also before the form is shown. `back`: the page to come back to, where the door has none."""

    def decorate(door: Door) -> Door:
        @wraps(door)
        def asking(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method in _READING and not also_reading:
                return door(request, *args, **kwargs)
            seat = seat_of_session(request)
            if seat is None or is_lately_proven(request):
                return door(request, *args, **kwargs)
            return _ask(request, seat, reverse(back, args=args, kwargs=kwargs) if back else request.path)

        asking.sides = door.sides  # type: ignore[attr-defined]
        return asking

    return decorate


def is_lately_proven(request: HttpRequest) -> bool:
    if is_account_proven(request):
        return is_proven(request)
    user = request.user
    assert isinstance(user, User), "has a seat"
    return is_fresh(last_word_of(SSO, get_authentication_records(request, user)), clock.now())


def _ask(request: HttpRequest, seat: Seat, back: str) -> HttpResponse:
    if is_account_proven(request):
        return redirect(confirm_address(back))
    messages.info(request, _("Sign in once more before you change this."))
    return redirect(f"{provider_door(seat)}?{urlencode({'next': back})}")
