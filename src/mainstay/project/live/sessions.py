"""Who a session belongs to. Runs in one thread, on one connection, as the doors role."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import Error, connection
from django.http import HttpRequest, parse_cookie

from mainstay.people.access.doors import seat_of_session
from mainstay.people.access.open_sessions import mark_of_session
from mainstay.project.live.rules import Viewer


def session_key_of(headers: dict[bytes, bytes]) -> str:
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    return cookies.get(settings.SESSION_COOKIE_NAME, "")


def viewer_of(session_key: str) -> Viewer | None:
    """None: no such session, or nobody who may see anything any more."""
    if not session_key:
        return None
    try:
        return _viewer(session_key)
    except Error:
        connection.close()
        raise


def viewers_of(session_keys: list[str]) -> dict[str, Viewer | None]:
    return {key: viewer_of(key) for key in session_keys}


def _viewer(session_key: str) -> Viewer | None:
    session = SessionStore(session_key)
    if not session.keys():  # gone or expired
        return None
    request = cast("Any", SimpleNamespace(session=session, META={}))
    request.user = get_user(cast("HttpRequest", request))
    if not request.user.is_authenticated:
        return None
    seat = seat_of_session(cast("HttpRequest", request), is_watching=True)
    if seat is None:
        return None
    return Viewer(mark_of_session(session_key), request.user.pk, seat.tenant_id, seat.person_id, seat.roles)
