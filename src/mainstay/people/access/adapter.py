"""What the sign-in library asks us. Only its login stages are used: no sign-up, no mails, no pages of its own."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        """Between the proven password or link and the session: where second factors go."""
        return []

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Our pages say what happened themselves."""

    def send_mail(self, *_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("mail about accounts leaves through access.mails")
