"""Passkeys (WebAuthn). The library checks challenges and signatures; the page's origin is checked here besides,
exactly, since the library also takes names below ours."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from mainstay.core.errors import Conflict, Invalid
from mainstay.core.text.headers import clean_line
from mainstay.people.access.factors.rules import MOST_PASSKEYS, NAME_LIMIT, Factor, origins
from mainstay.people.access.models import User

_FAULTS: Final = (ValidationError, ValueError, TypeError, KeyError, AttributeError)
"""What the library raises when an answer is not in order, its signature included."""


def creation_options(user: User) -> dict[str, Any]:
    """For the browser, to make a passkey that can also sign in by itself."""
    return dict(auth.begin_registration(user, True))


def request_options(user: User | None = None) -> dict[str, Any]:
    """For the browser: any passkey of the user's; or, for nobody yet, any that it knows for us."""
    return dict(auth.begin_authentication(user))


def add_passkey(user: User, name: str, answer: str, *, at: datetime) -> Authenticator:
    credential = _read(answer)
    try:
        RegistrationResponse.from_dict(credential)
        binding = auth.complete_registration(credential)
    except _FAULTS as fault:
        raise _refused() from fault
    if not binding.is_user_verified() or binding.credential_data is None:
        raise Invalid(
            _("The device did not ask who is using it (fingerprint, face or PIN), so it cannot be a passkey.")
        )
    if Authenticator.objects.filter(user_id=user.pk, type=Factor.PASSKEY).count() >= MOST_PASSKEYS:
        raise Conflict(_("There are many passkeys already; remove one first."))
    made: Authenticator = auth.WebAuthn.add(user, _named(name, user), credential).instance
    made.created_at = at
    made.save(update_fields=["created_at"])
    return made


def use_passkey(user: User, answer: str, *, at: datetime) -> Authenticator | None:
    """As a second factor, or to prove oneself again. None: it is none of theirs, or not in order."""
    return _used(user, _read_or_none(answer), at)


def use_passkey_of_anybody(answer: str, *, at: datetime) -> Authenticator | None:
    """To sign in by nothing else: the device asked who is using it, and says who that is."""
    credential = _read_or_none(answer)
    if credential is None:
        return None
    try:
        response = AuthenticationResponse.from_dict(credential).response
        user_id = UUID((response.user_handle or b"").decode())
        is_verified = response.authenticator_data.is_user_verified()
    except _FAULTS:
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return _used(user, credential, at) if user is not None and is_verified else None


def _used(user: User, credential: dict[str, Any] | None, at: datetime) -> Authenticator | None:
    if credential is None:
        return None
    try:
        AuthenticationResponse.from_dict(credential)
        found: Authenticator = auth.complete_authentication(user, credential)
    except _FAULTS:
        return None
    found.last_used_at = at
    found.save(update_fields=["last_used_at"])
    return found


def rename_passkey(user: User, passkey_id: int, name: str) -> None:
    found = Authenticator.objects.select_for_update().get(pk=passkey_id, user_id=user.pk, type=Factor.PASSKEY)
    found.data["name"] = _named(name, user)
    found.save(update_fields=["data"])


def _named(name: str, user: User) -> str:
    given = clean_line(name, NAME_LIMIT)
    number = Authenticator.objects.filter(user_id=user.pk, type=Factor.PASSKEY).count() + 1
    return given or _("Passkey %(number)s") % {"number": number}


def _read(answer: str) -> dict[str, Any]:
    credential = _read_or_none(answer)
    if credential is None:
        raise _refused()
    return credential


def _read_or_none(answer: str) -> dict[str, Any] | None:
    """The browser's answer, if it was given to one of our own pages."""
    try:
        credential = json.loads(answer[:20_000])
        packed = credential["response"]["clientDataJSON"]
        said = json.loads(urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        origin, is_embedded = str(said["origin"]).lower(), bool(said.get("crossOrigin"))
    except (*_FAULTS, RecursionError):
        return None
    if origin not in origins(settings.MAINSTAY_URL) or is_embedded:
        return None
    return dict(credential)


def _refused() -> Invalid:
    return Invalid(_("The passkey was not accepted. Try it once more."))
