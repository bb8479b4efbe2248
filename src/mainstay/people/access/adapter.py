"""What the sign-in library asks us. Only its login stages are used: no sign-up, no mails, no pages of its own."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from mainstay.people.access.models import User
from mainstay.people.access.sessions import settle_session


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        """Between the proven password or link and the session: where second factors go."""
        return []

    def post_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **about)
        settle_session(request, response, user, **((about["signal_kwargs"] or {}).get("proved") or {}))
        return response

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Our pages say what happened themselves."""

    def send_mail(self, *_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("mail about accounts leaves through access.mails")
