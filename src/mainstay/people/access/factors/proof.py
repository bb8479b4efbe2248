"""Whether somebody signed in has shown of late who they are: asked before what a stolen session must not do."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.http import HttpRequest
from django.urls import reverse

from mainstay.core import clock
from mainstay.people.access.doors import seats_of_session
from mainstay.people.access.factors.rules import is_fresh, last_proof
from mainstay.people.access.factors.stage import use_factor
from mainstay.people.access.models import User


def is_proven(request: HttpRequest) -> bool:
    user = request.user
    if not isinstance(user, User):
        return False
    has_secret = user.has_usable_password() or any(seat.has_factor for seat in seats_of_session(request))
    return is_fresh(last_proof(get_authentication_records(request, user), has_secret=has_secret), clock.now())


def prove_by_password(request: HttpRequest, user: User, password: str) -> bool:
    """Paid for beforehand, as the others."""
    if not user.check_password(password):
        return False
    record_authentication(request, user, "password", reauthenticated=True)
    return True


def prove_by_factor(
    request: HttpRequest, user: User, *, code: str = "", passkey: str = "", at: datetime
) -> bool:
    used = use_factor(user, code=code, passkey=passkey, at=at)
    if used is None:
        return False
    record_authentication(request, user, "mfa", id=used.pk, type=used.type, reauthenticated=True)
    return True


def confirm_address(back: str) -> str:
    return f"{reverse('account_confirm')}?{urlencode({'next': back})}"
