"""Recovery codes: shown once, each good once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction

from mainstay.people.access.factors.rules import Factor
from mainstay.people.access.models import User


@transaction.atomic
def new_codes(user: User, *, at: datetime) -> list[str]:
    """In place of those there were."""
    User.objects.select_for_update().get(pk=user.pk)  # two at the same moment make one set
    Authenticator.objects.filter(user_id=user.pk, type=Factor.CODES).delete()
    made = RecoveryCodes.activate(user)
    made.instance.created_at = at
    made.instance.save(update_fields=["created_at"])
    return list(made.generate_codes())


def use_recovery_code(user_id: UUID, code: str, *, at: datetime) -> Authenticator | None:
    found: Authenticator | None = Authenticator.objects.filter(user_id=user_id, type=Factor.CODES).first()
    if found is None:
        return None
    codes = RecoveryCodes(found)
    if not codes.validate_code(code):
        return None
    used: Authenticator = codes.instance
    used.last_used_at = at
    used.save(update_fields=["last_used_at"])
    return used


def codes_left(authenticator: Authenticator) -> int:
    return len(RecoveryCodes(authenticator).get_unused_codes())
