"""A sign-in on its way through a provider: begun in one request, finished in another one of the same browser.

What was begun stands in the session, under the random state; it belongs to one provider, works once and not for
long. Each provider has a callback address of its own, so that an answer of one is never taken for another's.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from mainstay.core.text.headers import clean_line
from mainstay.people.access.providers.conversation import Config, Conversation, a_turn_at
from mainstay.people.access.providers.rules import (
    FLOW_LIFE,
    MOST_FLOWS,
    SCOPES,
    Asserted,
    Fault,
    Purpose,
    SsoFault,
    challenge_of,
    check_claims,
    read_person,
)
from mainstay.people.access.queries import hash_token

_KEY: Final = "sso_flows"
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Flow:
    provider_id: str
    purpose: str
    nonce: str
    verifier: str
    next_path: str
    about: dict[str, str]
    """What the purpose is about: the invitation, or the seat that asks."""
    begun_at: str

    def is_over(self, at: datetime) -> bool:
        return (
            not 0 <= (at - datetime.fromisoformat(self.begun_at)).total_seconds() < FLOW_LIFE.total_seconds()
        )


def callback_address(provider_id: UUID) -> str:
    """To be entered at the provider; never built from what a request says its host is."""
    return settings.MAINSTAY_URL.rstrip("/") + reverse("sso_callback", args=[provider_id])


def begin(
    request: HttpRequest,
    config: Config,
    purpose: Purpose,
    *,
    at: datetime,
    next_path: str = "",
    about: Mapping[str, str] | None = None,
    hint: str = "",
) -> str:
    """The address to send the browser to."""
    with a_turn_at(config.provider_id):
        endpoints = Conversation(config, fresh=purpose is Purpose.TEST).endpoints()
    state = secrets.token_urlsafe(_BYTES)
    flow = Flow(
        provider_id=str(config.provider_id),
        purpose=purpose,
        nonce=secrets.token_urlsafe(_BYTES),
        verifier=secrets.token_urlsafe(_BYTES),
        next_path=next_path,
        about=dict(about or {}),
        begun_at=at.isoformat(),
    )
    _keep(request, state, flow)
    asked = {
        "response_type": "code",
        "client_id": config.client_id,
        "redirect_uri": callback_address(config.provider_id),
        "scope": SCOPES,
        "state": state,
        "nonce": flow.nonce,
        "code_challenge": challenge_of(flow.verifier),
        "code_challenge_method": "S256",
    }
    if hint:
        asked["login_hint"] = hint
    joint = "&" if "?" in endpoints.authorization else "?"
    return f"{endpoints.authorization}{joint}{urlencode(asked)}"


def take_flow(request: HttpRequest, provider_id: UUID, state: str, *, at: datetime) -> Flow:
    """Used up by this, whatever comes of it."""
    kept: dict[str, Any] = request.session.get(_KEY) or {}
    found = kept.pop(hash_token(state), None)
    request.session[_KEY] = kept
    if found is None:
        raise SsoFault(Fault.NO_FLOW)
    flow = Flow(**found)
    if flow.provider_id != str(provider_id):
        raise SsoFault(Fault.MIXED_UP)
    if flow.is_over(at):
        raise SsoFault(Fault.NO_FLOW)
    return flow


def finish(config: Config, flow: Flow, answer: Mapping[str, str], *, at: datetime) -> Asserted:
    """What the provider says about the person. Raises SsoFault for everything that is not to be believed."""
    if error := answer.get("error", ""):
        denied = error in ("access_denied", "login_required", "interaction_required", "consent_required")
        detail = clean_line(f"{error} {answer.get('error_description', '')}", 250)
        raise SsoFault(Fault.DENIED if denied else Fault.PROVIDER_ERROR, detail)
    code = answer.get("code", "")
    if not 0 < len(code) <= 4096:
        raise SsoFault(Fault.MALFORMED, "code")
    with a_turn_at(config.provider_id):
        talk = Conversation(config, fresh=flow.purpose == Purpose.TEST)
        _check_issuer(answer, config, must_be_there=talk.endpoints().names_issuer)
        tokens = talk.tokens(code, verifier=flow.verifier, redirect_uri=callback_address(config.provider_id))
        claims = talk.claims(tokens["id_token"])
        check_claims(claims, issuer=config.issuer, client_id=config.client_id, nonce=flow.nonce, now=at)
        if not isinstance(claims.get("email"), str) or "email_verified" not in claims:
            claims = _completed(claims, talk.userinfo(tokens.get("access_token"), claims["sub"]))
    return read_person(claims, issuer=config.issuer)


def _completed(claims: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Address and what is said about it come from one place: never one's address with the other's word."""
    added = {"name": more["name"]} if "name" in more and "name" not in claims else {}
    if "email" in more:
        added |= {"email": more["email"], "email_verified": more.get("email_verified")}
    return {**claims, **added}


def _check_issuer(answer: Mapping[str, str], config: Config, *, must_be_there: bool) -> None:
    """RFC 9207: the answer itself says who gave it."""
    said = answer.get("iss", "")
    if (said or must_be_there) and said != config.issuer:
        raise SsoFault(Fault.MIXED_UP, clean_line(said, 200))


def _keep(request: HttpRequest, state: str, flow: Flow) -> None:
    kept: dict[str, Any] = request.session.get(_KEY) or {}
    latest = sorted(kept.items(), key=lambda item: item[1]["begun_at"])[-(MOST_FLOWS - 1) :]
    request.session[_KEY] = {**dict(latest), hash_token(state): asdict(flow)}
