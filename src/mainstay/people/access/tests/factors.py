"""Builders: people with second factors, and what they would type."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from mainstay.core import clock
from mainstay.people.access.accounts import find_user
from mainstay.people.access.factors.codes import new_codes
from mainstay.people.access.models import User
from mainstay.people.access.tests.softkey import SoftKey, packed
from mainstay.people.tenants.tests.make import Person

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_at(at: datetime, secret: str = SECRET) -> str:
    return format_hotp_value(hotp_value(secret, int(at.timestamp()) // 30))


def present_code(secret: str = SECRET, *, steps: int = 0) -> str:
    """What the app shows, so many half minutes from now."""
    return code_at(clock.now() + timedelta(seconds=30 * steps), secret)


def user_of(person: Person) -> User:
    user = find_user(person.email)
    assert user is not None
    return user


def with_app(person: Person) -> list[str]:
    """Sets an app up with SECRET; the recovery codes."""
    TOTP.activate(user_of(person), SECRET)
    return new_codes(user_of(person), at=clock.now())


def with_passkey(client: Client, key: SoftKey | None = None, name: str = "Laptop") -> SoftKey:
    """Adds it through the pages, for whoever is signed in there."""
    key = key or SoftKey()
    options = client.get("/account/security/passkeys/options").json()
    answer = client.post("/account/security/passkeys/new", {"name": name, "passkey": key.create(options)})
    assert answer.status_code in (200, 302), answer.content.decode()
    return key


def kept_passkey(person: Person) -> int:
    """One that nobody holds the device of."""
    user = user_of(person)
    made = SoftKey().create({"publicKey": {"challenge": "", "user": {"id": packed(str(user.pk).encode())}}})
    data = {"name": "Old phone", "credential": json.loads(made)}
    return int(Authenticator.objects.create(user=user, type="webauthn", data=data).pk)


def kinds_of(person: Person) -> set[str]:
    return set(Authenticator.objects.filter(user=user_of(person)).values_list("type", flat=True))
