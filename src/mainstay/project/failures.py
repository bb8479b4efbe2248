"""Django's own failures: a page for people, problem+json for programs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from mainstay.core.api.problems import Unexpected, problem_of, problem_response
from mainstay.core.errors import Forbidden, Malformed, NotFound, Problem
from mainstay.shell import pages

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith(API):
        return problem_response(request, problem_of(request, exception) if exception else Malformed())
    return pages.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _either(request, Forbidden()) or pages.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _either(request, NotFound()) or pages.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _either(request, Unexpected()) or pages.server_error(request)


def _either(request: HttpRequest, problem: Problem) -> HttpResponse | None:
    return problem_response(request, problem) if request.path.startswith(API) else None
