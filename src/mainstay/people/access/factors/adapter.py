"""What the library of second factors asks us."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings

from mainstay.core.house.current import house
from mainstay.core.secrets import seal, unseal
from mainstay.people.access.factors.rules import rp_id


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def get_totp_issuer(self) -> str:
        return house().operator_name

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """By our own address, never by the Host header."""
        return {"id": rp_id(settings.MAINSTAY_URL), "name": house().operator_name}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return {"id": str(user.pk).encode(), "display_name": user.email, "name": user.email}

    def send_notification_mail(self, *_args: Any, **_kwargs: Any) -> None:
        """Our own mails say it: access/telling.py."""
