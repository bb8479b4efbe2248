"""How the JSON API finds out who asks: a key, or the session of somebody who is signed in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from mainstay.core import clock
from mainstay.core.actor import ActorKind
from mainstay.core.api.router import SAFE, admit
from mainstay.core.errors import Forbidden, Unauthenticated
from mainstay.people.access.doors import client_ip, is_barred, seat_of_session
from mainstay.people.access.factors.lately import is_lately_proven
from mainstay.people.access.queries import Seat, seat_of_key


class ApiKeyCaller(AuthBase):
    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "A key of a customer's or of the operator's."

    def __call__(self, request: HttpRequest) -> Seat | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _space, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated(_("Send `Authorization: Bearer` and the key."))
        try:
            seat = seat_of_key(token.strip(), at=clock.now())
        except Unauthenticated:
            admit(request, "api.bad_key", client_ip(request) or "")
            raise
        kind = "tenant_key" if seat.kind is ActorKind.TENANT_KEY else "operator_key"
        admit(request, f"api.{kind}", str(seat.person_id))
        return seat


class SessionCaller(AuthBase):
    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"
    openapi_description = "The session of a page; unsafe methods need `X-CSRFToken` too."

    def __call__(self, request: HttpRequest) -> Seat | None:
        seat = seat_of_session(request)
        if seat is None:
            if is_barred(request):
                raise Forbidden(_("Set up a second factor first; it is demanded of you."))
            return None
        # The views of the API are exempt from the middleware's check, since a key needs none.
        if request.method not in SAFE and check_csrf(request) is not None:
            raise Forbidden(_("The token against forged requests is missing or wrong (X-CSRFToken)."))
        admit(request, "api.person", str(seat.person_id))
        return seat


class ProvenSessionCaller(SessionCaller):
    """Where secrets are handed out: what a stolen session must not have."""

    def __call__(self, request: HttpRequest) -> Seat | None:
        seat = super().__call__(request)
        if seat is not None and request.method not in SAFE and not is_lately_proven(request):
            raise Forbidden(_("Show once more who you are, on the page about your sign-in; then try again."))
        return seat


CALLERS: list[Any] = [ApiKeyCaller(), SessionCaller()]
CALLERS_FOR_SECRETS: list[Any] = [ApiKeyCaller(), ProvenSessionCaller()]
