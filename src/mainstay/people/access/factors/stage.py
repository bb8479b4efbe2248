"""Between the proven password or link and the session: the second factor, if the person has one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.stages import LoginStageController
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal.flows import did_use_passwordless_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from mainstay.people.access.accounts import seats_of_user
from mainstay.people.access.factors.codes import use_recovery_code
from mainstay.people.access.factors.passkeys import use_passkey
from mainstay.people.access.factors.rules import SECOND
from mainstay.people.access.factors.totp import use_code
from mainstay.people.access.models import User
from mainstay.people.access.proofs import SSO


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]
    urlname = "sign_in_second"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        return (redirect(self.urlname) if self._must_ask() else None), True

    def _must_ask(self) -> bool:
        user = self.login.user
        if user is None or not factors_of(user):
            return False
        if did_use_passwordless_login(self.request, user):
            return False
        records = get_authentication_records(self.request, user)
        if records and records[-1].get("method") == SSO:
            return self._is_demanded(user)
        return True

    def _is_demanded(self, user: User) -> bool:
        """A provider decides what it asks for; where a second factor is demanded of the seat that it opens, ours is
        asked for all the same."""
        wanted = (self.login.signal_kwargs or {}).get("membership_id")
        return any(s.must_have_factor for s in seats_of_user(user) if str(s.membership_id) == wanted)


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody halfway in."""

    user: User
    stage: Any
    kinds: frozenset[str]

    def go_on(self, request: HttpRequest, used: Authenticator) -> HttpResponse:
        record_authentication(request, self.user, "mfa", id=used.pk, type=used.type)
        response: HttpResponse = self.stage.exit()
        return response


def pending_sign_in(request: HttpRequest) -> Pending | None:
    """Also of somebody whose session has proven less than the account."""
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    if stage is None or not isinstance(stage.login.user, User) or not stage.login.user.is_active:
        return None
    user = stage.login.user
    if (stage.login.signal_kwargs or {}).get("as_of") != user.get_session_auth_hash():
        return None  # the password was changed meanwhile: what came before it opens nothing
    kinds = Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True)
    return Pending(user, stage, frozenset(kinds))


def factors_of(user: User) -> list[Authenticator]:
    """Those that count as a second factor."""
    return list(Authenticator.objects.filter(user_id=user.pk, type__in=SECOND))


def use_factor(user: User, *, code: str = "", passkey: str = "", at: datetime) -> Authenticator | None:
    """Whichever of them it is; None where it is wrong. Paid for beforehand, see access/attempts.py."""
    if passkey:
        return use_passkey(user, passkey, at=at)
    return use_code(user.pk, code, at=at) or use_recovery_code(user.pk, code, at=at)
