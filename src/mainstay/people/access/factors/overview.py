"""What somebody has set up to sign in with. Plumbing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import QuerySet

from mainstay.core.wall.scope import as_door
from mainstay.people.access.factors.codes import codes_left
from mainstay.people.access.factors.rules import Factor, can_have_passkeys
from mainstay.people.access.models import User


@dataclass(frozen=True, slots=True)
class Passkey:
    id: int
    name: str
    created_at: datetime
    used_at: datetime | None

    @property
    def dialog_id(self) -> str:
        return f"rename-{self.id}"


@dataclass(frozen=True, slots=True)
class Overview:
    has_password: bool
    app: Authenticator | None
    passkeys: tuple[Passkey, ...]
    codes: int | None
    """How many are left; None: there are none without a second factor."""
    can_have_passkeys: bool

    @property
    def has_factor(self) -> bool:
        return self.app is not None or bool(self.passkeys)


def overview(user: User) -> Overview:
    with as_door():
        found: QuerySet[Authenticator] = Authenticator.objects.filter(user_id=user.pk).order_by(
            "created_at", "id"
        )
        rows = list(found)
    by_type = {row.type: row for row in rows}
    codes = by_type.get(Factor.CODES)
    return Overview(
        has_password=user.has_usable_password(),
        app=by_type.get(Factor.TOTP),
        passkeys=tuple(
            Passkey(row.pk, row.data["name"], row.created_at, row.last_used_at)
            for row in rows
            if row.type == Factor.PASSKEY
        ),
        codes=codes_left(codes) if codes else None,
        can_have_passkeys=can_have_passkeys(settings.MAINSTAY_URL),
    )
