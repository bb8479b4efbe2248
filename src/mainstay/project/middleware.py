"""The frame around every request: its id, who really calls, and what becomes of errors."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from mainstay.core.api.problems import MEDIA_TYPE, Unexpected, problem_of, problem_response
from mainstay.core.errors import Forbidden, Malformed, MethodNotAllowed, NotFound, Problem, TooLarge
from mainstay.core.house.current import house
from mainstay.core.ids import new_id
from mainstay.project.failures import API
from mainstay.shell.pages import problem_page

_SANE_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,100}")
_DJANGOS_OWN: Final = (Http404, PermissionDenied, SuspiciousOperation)

_BY_STATUS: Final[dict[int, type[Problem]]] = {
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    500: Unexpected,
}

Answer = Callable[[HttpRequest], HttpResponseBase]


class Frame:
    """Outermost, so that nothing answers without it."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        proxies = settings.MAINSTAY_TRUSTED_PROXIES
        request.request_id = _request_id(request, proxies)  # type: ignore[attr-defined]
        if proxies:
            request.META["REMOTE_ADDR"] = client_address(
                request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""), proxies
            )
        response = self._get_response(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST and request.path.startswith(API):
            response = _as_problem(request, response)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponseBase | None:
        """Before anything reads the body: a large one would go to the disk first, whoever sent it."""
        if _length(request) <= settings.MAINSTAY_MAX_REQUEST_BYTES:
            return None
        if request.path.startswith(API):
            return problem_response(request, TooLarge())
        return problem_page(request, TooLarge())

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """What left a view. The scope is closed by now and has undone everything."""
        if isinstance(error, _DJANGOS_OWN) and not request.path.startswith(API):
            return None
        problem = problem_of(request, error)
        if request.path.startswith(API):
            return problem_response(request, problem)
        if isinstance(problem, Unexpected):
            return None
        return problem_page(request, problem)


class OfferedLanguage:
    """The reader's language among those that the house offers: as chosen (cookie), as the browser asks, else the
    house's first. Pages behind a seat speak the person's own."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", "").lower())
        wanted = [request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""), *(code for code, _weight in asked)]
        language = house().offered(*(code.partition("-")[0] for code in wanted))
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self._get_response(request)
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", language)
        return response


def _length(request: HttpRequest) -> int:
    """A body of which no length was said is not read at all."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def client_address(peer: str, forwarded_for: str, proxies: int) -> str:
    """Each of our proxies appends whom it saw; what stands further left was written by strangers."""
    seen = [part.strip() for part in forwarded_for.split(",") if part.strip()]
    if len(seen) < proxies:
        return peer
    candidate = seen[-proxies]
    if candidate.startswith("["):
        candidate = candidate[1:].partition("]")[0]
    elif candidate.count(":") == 1:
        candidate = candidate.partition(":")[0]
    try:
        return str(ipaddress.ip_address(candidate))
    except ValueError:
        return peer


def _request_id(request: HttpRequest, proxies: int) -> str:
    given = request.META.get("HTTP_X_REQUEST_ID", "") if proxies else ""
    return given if _SANE_ID.fullmatch(given) else new_id().hex


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """An answer that was made without an exception (wrong method) in the API's form."""
    if response.get("Content-Type", "").startswith(MEDIA_TYPE):
        return response
    mapped = problem_response(request, _BY_STATUS.get(response.status_code, Malformed)())
    for name, value in response.headers.items():  # what the layers below put on: policies, Allow, Vary
        if name not in ("Content-Length", "Content-Encoding"):
            mapped.headers.setdefault(name, value)
    mapped.cookies = response.cookies
    return mapped
