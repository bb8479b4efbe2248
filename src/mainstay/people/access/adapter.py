"""What the sign-in library asks us. Its login stages are used: no sign-up, no mails, no pages of its own."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        """Between the proven password, link or provider's word and the session."""
        return ["mainstay.people.access.factors.stage.SecondFactorStage"]

    def post_login(
        self,
        request: HttpRequest,
        user: Any,
        *,
        redirect_url: str,
        signal_kwargs: dict[str, Any],
        **_more: Any,
    ) -> HttpResponse:
        from mainstay.people.access.sessions import finish_sign_in  # it needs the library, which needs this

        return finish_sign_in(request, user, landing=redirect_url, **signal_kwargs)

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Our pages say what happened themselves."""

    def send_mail(self, *_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("mail about accounts leaves through access.mails")
