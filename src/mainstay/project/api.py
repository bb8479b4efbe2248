"""The JSON API: every room's router, one mapping of errors, one document."""

from __future__ import annotations

import functools
import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from ninja.errors import HttpError, ValidationError

from mainstay.core.api.document import DocumentedAPI
from mainstay.core.api.problems import problem_of, problem_response
from mainstay.core.api.reading import StrictParser
from mainstay.core.api.router import add_rate_headers
from mainstay.core.errors import MethodNotAllowed
from mainstay.integrations.webhooks.api import router as webhooks
from mainstay.people.access.callers import CALLERS, CALLERS_FOR_SECRETS
from mainstay.people.tenants.api import router as people
from mainstay.support.sla.api import router as sla
from mainstay.support.tickets.api import router as tickets

PREFIX = "/api/v1/"

api = DocumentedAPI(
    title="Mainstay",
    version="1",
    description="Customer support and success. Errors are problem+json (RFC 9457); lists are pages by cursor; "
    "unsafe requests take an Idempotency-Key.",
    urls_namespace="api-1",
    docs_url=None,
    openapi_url=None,
    auth=CALLERS,
    parser=StrictParser(),
)
api.add_router("", people)
api.add_router("/support", tickets)
api.add_router("/support", sla)
api.add_router("/webhooks", webhooks, auth=CALLERS_FOR_SECRETS)


def on_error(request: HttpRequest, error: Any) -> HttpResponse:
    response = problem_response(request, problem_of(request, error))
    add_rate_headers(request, response)
    return response


# The library has handlers of its own for the last three, which would win as the more specific ones.
for _kind in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(_kind, on_error)


def document() -> str:
    """The OpenAPI document; the copy in `docs/openapi.json` is compared with it."""
    schema: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=PREFIX))
    return json.dumps(schema, indent=1, sort_keys=True, default=str) + "\n"


@functools.cache
def _document_bytes() -> bytes:
    return document().encode()


def openapi_json(request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        response = problem_response(request, MethodNotAllowed())
        response["Allow"] = "GET, HEAD"
        return response
    return HttpResponse(_document_bytes(), content_type="application/json")


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/openapi.json", openapi_json, name="openapi"),
    path("api/v1/", api.urls),
]
