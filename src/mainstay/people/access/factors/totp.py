"""Codes of an authenticator app. The library makes secrets and values; that a code counts once is kept in its row."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mainstay.core.errors import Conflict, Invalid
from mainstay.core.secrets import CannotUnseal, seal, unseal
from mainstay.people.access.factors.rules import Factor, counters_at
from mainstay.people.access.models import User

_PENDING: Final = "totp_pending"


def pending_secret(request: HttpRequest) -> str:
    """Of an app that is being set up; the same until it is confirmed, so that a mistyped code does not ask for a new
    picture."""
    try:
        return unseal(request.session[_PENDING])
    except (KeyError, CannotUnseal):
        secret: str = generate_totp_secret()
        request.session[_PENDING] = seal(secret)
        return secret


def forget_pending(request: HttpRequest) -> None:
    request.session.pop(_PENDING, None)


def address_of(user: User, secret: str) -> str:
    return str(get_adapter().build_totp_url(user, secret))


def picture_of(address: str) -> str:
    """An SVG document."""
    return str(get_adapter().build_totp_svg(address))


def activate(user: User, secret: str, code: str, *, at: datetime) -> Authenticator:
    counter = _matching(secret, code, at=at, after=-1)
    if counter is None:
        raise Invalid(fields={"code": [_("This is not the present code. Is the clock of the device right?")]})
    if Authenticator.objects.filter(user_id=user.pk, type=Factor.TOTP).exists():
        raise Conflict(_("An authenticator app is set up already; remove it first."))
    made: Authenticator = TOTP.activate(user, secret).instance
    made.data["last_counter"] = counter
    made.created_at = at
    made.save(update_fields=["data", "created_at"])
    return made


@transaction.atomic
def use_code(user_id: UUID, code: str, *, at: datetime) -> Authenticator | None:
    """The app whose present code this is; each code works once, also for two who try at the same moment."""
    found: Authenticator | None = (
        Authenticator.objects.select_for_update().filter(user_id=user_id, type=Factor.TOTP).first()
    )
    if found is None:
        return None
    counter = _matching(unseal(found.data["secret"]), code, at=at, after=found.data.get("last_counter", -1))
    if counter is None:
        return None
    found.data["last_counter"], found.last_used_at = counter, at
    found.save(update_fields=["data", "last_used_at"])
    return found


def _matching(secret: str, code: str, *, at: datetime, after: int) -> int | None:
    counters = counters_at(
        at, period=app_settings.TOTP_PERIOD, tolerance=app_settings.TOTP_TOLERANCE, after=after
    )
    return next(
        (
            c
            for c in counters
            if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, c)))
        ),
        None,
    )
