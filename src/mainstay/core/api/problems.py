"""Every way a request can fail, as `application/problem+json` (RFC 9457). The one place that maps errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import psycopg
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as NinjaInvalid

from mainstay.core.api.wording import field_name, sentence_for
from mainstay.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    Problem,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)

MEDIA_TYPE: Final = "application/problem+json"
log = logging.getLogger(__name__)


class Unexpected(Problem):
    """Ours to mend; the caller gets the request's id and nothing else."""

    code, status = "unexpected", 500


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    body: dict[str, Any] = {
        "type": f"urn:mainstay:problem:{problem.code}",
        "title": str(problem.title),
        "status": problem.status,
        "code": problem.code,
        "detail": str(problem.detail),
        "fields": {name: [str(text) for text in texts] for name, texts in problem.fields.items()},
        "request_id": getattr(request, "request_id", ""),
    }
    # Escapes what is not ASCII: a caller's own odd characters may be quoted in a sentence.
    response = HttpResponse(json.dumps(body).encode(), status=problem.status, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    if isinstance(problem, Unauthenticated):
        response["WWW-Authenticate"] = 'Bearer realm="mainstay"'
    if isinstance(problem, TooMany):
        response["Retry-After"] = str(problem.retry_after)
    elif isinstance(problem, Unavailable):
        response["Retry-After"] = "2"
    return response


def problem_of(request: HttpRequest, error: BaseException) -> Problem:
    """What an exception means to the caller. Only the unexpected is logged with its trace."""
    if isinstance(error, Problem):
        return error
    for kind, translate in _TRANSLATIONS:
        if isinstance(error, kind):
            found = translate(error)
            if not isinstance(found, Unexpected):
                return found
            break
    log.error(
        "Unexpected error in request %s: %s %r",  # a path may hold line ends
        getattr(request, "request_id", "-"),
        request.method,
        request.path,
        exc_info=error,
    )
    return Unexpected(_("An unexpected error stopped this request; nothing was changed."))


def _of_validation(error: NinjaInvalid) -> Problem:
    fields: dict[str, list[Any]] = {}
    for one in error.errors:
        fields.setdefault(field_name(tuple(one["loc"])), []).append(sentence_for(one))
    return Invalid(fields=fields)


def _of_http_error(error: HttpError) -> Problem:
    if isinstance(error.__cause__, Exception) and isinstance(
        error.__cause__, Problem | SuspiciousOperation | UnreadablePostError
    ):
        cause = error.__cause__
        return cause if isinstance(cause, Problem) else _of_suspicious(cause)
    if isinstance(error, AuthenticationError):
        return Unauthenticated()
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return Malformed()
    return Unexpected()


def _of_suspicious(error: Exception) -> Problem:
    if isinstance(error, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return TooLarge()
    return Malformed()


def _of_database(error: DatabaseError) -> Problem:
    cause = error.__cause__
    if isinstance(cause, psycopg.errors.QueryCanceled):
        return Unavailable(_("This took longer than allowed; ask for less, or try again."))
    if isinstance(cause, psycopg.errors.UniqueViolation):
        return Conflict(_("Something like this exists already."))
    if isinstance(cause, psycopg.DataError):
        log.warning("A value reached the database that it refuses: %s", cause)
        return Invalid(_("A value is outside of what can be stored."))
    if isinstance(error, OperationalError | InterfaceError) or isinstance(
        cause, psycopg.errors.ReadOnlySqlTransaction
    ):
        # Deadlocks that came twice, lock time-outs, a database that stops, restarts or only reads.
        log.warning("The database is not available: %s", cause or error)
        return Unavailable()
    return Unexpected()


_TRANSLATIONS: Final[tuple[tuple[type[Exception], Callable[[Any], Problem]], ...]] = (
    (NinjaInvalid, _of_validation),
    (HttpError, _of_http_error),
    (Http404, lambda _error: NotFound()),
    (PermissionDenied, lambda _error: Forbidden()),
    (SuspiciousOperation, _of_suspicious),
    (MultiPartParserError, lambda _error: Malformed(_("The multipart body could not be read."))),
    (UnreadablePostError, lambda _error: Malformed(_("The request ended before its body was complete."))),
    (IntegrityError, _of_database),
    (DatabaseError, _of_database),
    (InterfaceError, _of_database),
)
