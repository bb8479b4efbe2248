"""The library's rows hold sealed text inside their JSON, where `sealed_fields()` does not see it."""

from __future__ import annotations

from typing import Final

from allauth.mfa.models import Authenticator
from django.db import transaction

from mainstay.core.secrets import CannotUnseal, is_current, seal, unseal

_SEALED: Final = ("secret", "seed")


def reseal_factors() -> tuple[int, list[str]]:
    """How many were sealed anew with the present key, and those that no key opens."""
    done, lost = 0, list[str]()
    for pk in Authenticator.objects.exclude(type="webauthn").order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            name = next((n for n in _SEALED if row is not None and n in row.data), "")
            if row is None or not name or is_current(row.data[name]):
                continue
            try:
                row.data[name] = seal(unseal(row.data[name]))
            except CannotUnseal:
                lost.append(f"  mfa_authenticator.data of {pk}")
                continue
            row.save(update_fields=["data"])
            done += 1
    return done, lost
