"""The door of every JSON operation.

A room declares operations on this Router as django-ninja wants them, but a view takes the *actor* first, not
the request: `def read_ticket(actor: Actor, ticket_id: UUID) -> TicketOut`. The router puts the door in front of
each, so a route without it cannot be declared. The door reads key, rate and idempotency key, then opens the
scope around action *and* rendering. What a view raises undoes everything and becomes problem+json outside.

The view returns a schema, which goes to bytes as it is; None (an empty 204); or a response of its own.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, Protocol, TypeVar, get_type_hints
from uuid import UUID

import ninja
import psycopg
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from ninja.constants import NOT_SET
from ninja.signature.utils import get_path_param_names
from pydantic import BaseModel

from mainstay.core import clock
from mainstay.core.actor import Actor, ActorKind, Origin
from mainstay.core.api.document import documented_problems, idempotency_parameter
from mainstay.core.errors import Invalid, KeyReused, Problem, TooMany
from mainstay.core.limits.actions import keep_answer, spend
from mainstay.core.limits.queries import stored_answer
from mainstay.core.limits.rules import LIMITS

F = TypeVar("F", bound=Callable[..., Any])
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_TIMEOUT_MS: Final = 10_000
_KEY_LIMIT: Final = 200


class Caller(Protocol):
    """Who asks, as the authentication found out (`people.access.queries.Seat`)."""

    @property
    def kind(self) -> ActorKind: ...
    @property
    def tenant_id(self) -> UUID | None: ...
    @property
    def person_id(self) -> UUID: ...

    def actor(self, origin: Origin) -> Actor:
        """Who that is, for a check before the scope opens."""

    def open(self, origin: Origin, *, timeout_ms: int = ...) -> AbstractContextManager[Actor]: ...


BeforeScope = Callable[[Caller, dict[str, Any]], dict[str, Any]]
"""Gets caller and parameters, returns those that it replaces."""


@dataclass(frozen=True, slots=True)
class Door:
    view: Callable[..., Any]
    is_safe: bool
    status: int
    answer: type[BaseModel] | None
    before: BeforeScope | None


def before_scope(step: BeforeScope) -> Callable[[F], F]:
    """Work that must not happen inside a transaction (storing an upload), between the checks and the scope."""

    def mark(view: F) -> F:
        view.before_scope = step  # type: ignore[attr-defined]
        return view

    return mark


class Router(ninja.Router):
    def add_api_operation(
        self,
        path: str,
        methods: list[str],
        view_func: Callable[..., Any],
        *,
        response: Any = NOT_SET,
        openapi_extra: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        is_safe = SAFE.issuperset(methods)
        status, answer = _declared(view_func, response)
        entrance = _put_door(view_func, is_safe=is_safe, status=status, answer=answer)
        extra = documented_problems(
            has_id=bool(get_path_param_names(path)), is_safe=is_safe, more=openapi_extra or {}
        )
        if not is_safe:
            extra["parameters"] = [idempotency_parameter()]
        super().add_api_operation(
            path, methods, entrance, response={status: answer}, openapi_extra=extra, **more
        )
        operation = self.path_operations[path].operations[-1]
        entrance.known = {  # type: ignore[attr-defined]
            model.__ninja_param_source__: frozenset(
                getattr(model, "__ninja_flatten_map__", None) or model.model_fields
            )
            for model in operation.models
        }


def _declared(view: Callable[..., Any], response: Any) -> tuple[int, Any]:
    if response is NOT_SET:
        response = get_type_hints(view).get("return")
    if isinstance(response, dict):
        ((status, answer),) = response.items()
        return status, answer
    if isinstance(response, type) and issubclass(response, HttpResponseBase):
        return HTTPStatus.OK, None
    return (HTTPStatus.NO_CONTENT, None) if response in (None, type(None)) else (HTTPStatus.OK, response)


def _put_door(view: Callable[..., Any], *, is_safe: bool, status: int, answer: Any) -> Callable[..., Any]:
    hints = get_type_hints(view, include_extras=True)
    first, *rest = inspect.signature(view).parameters.values()
    if first.name != "actor":
        raise TypeError(f"{view.__qualname__} takes the actor first")
    door = Door(view, is_safe, int(status), answer, getattr(view, "before_scope", None))

    @wraps(view)
    def entrance(request: HttpRequest, **values: Any) -> HttpResponseBase:
        return _pass(door, entrance.known, request, values)  # type: ignore[attr-defined]

    asked = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=HttpRequest)
    entrance.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [asked, *(p.replace(annotation=hints[p.name]) for p in rest)]
    )
    entrance.door = door  # type: ignore[attr-defined]
    return entrance


def admit(request: HttpRequest, limit_name: str, who: str) -> None:
    """Spend from the caller's bucket; the answer carries what is left. Called by the authentication."""
    limit = LIMITS[limit_name]
    verdict = spend(f"{limit_name}:{who}", rate=limit.rate, burst=limit.burst, at=clock.now())
    request.rate_verdict = verdict  # type: ignore[attr-defined]
    if not verdict.allowed:
        raise TooMany(retry_after=verdict.retry_after)


def add_rate_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    verdict = getattr(request, "rate_verdict", None)
    if verdict is not None:
        response["RateLimit-Limit"] = str(verdict.burst)
        response["RateLimit-Remaining"] = str(verdict.remaining)
        response["RateLimit-Reset"] = str(verdict.full_after)


def _pass(
    door: Door, known: dict[str, frozenset[str]], request: HttpRequest, values: dict[str, Any]
) -> HttpResponseBase:
    _refuse_unknown_parameters(request, known)
    caller: Caller = request.auth  # type: ignore[attr-defined]
    keyed = None if door.is_safe else _keyed(request, caller)
    response: HttpResponseBase | None = keyed.answer() if keyed else None
    if response is None:
        if door.before:
            values |= door.before(caller, values)
        origin = Origin(
            door="api",
            ip=request.META.get("REMOTE_ADDR") or None,
            request_id=getattr(request, "request_id", ""),
        )
        response = _act(door, caller, origin, keyed, values)
    add_rate_headers(request, response)
    return response


def _act(
    door: Door, caller: Caller, origin: Origin, keyed: Keyed | None, values: dict[str, Any]
) -> HttpResponseBase:
    language = translation.get_language()
    for is_last in (False, True):
        try:
            # Programs are answered in the language that they ask for, not in their person's or customer's.
            with caller.open(origin, timeout_ms=_TIMEOUT_MS) as actor, translation.override(language):
                response = _render(door, door.view(actor, **values))
                if keyed and isinstance(response, HttpResponse):
                    keyed.keep(response)
        except (Problem, DatabaseError) as error:
            # The twin of this request may have finished meanwhile: then its answer is the answer.
            if keyed and (twin := keyed.answer()):
                return twin
            if is_last or not _is_worth_repeating(error):
                raise
        else:
            return response
    raise AssertionError("unreachable")


def _is_worth_repeating(error: Exception) -> bool:
    """Nothing was committed, and the very same request may well succeed."""
    return isinstance(error.__cause__, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected)


def _render(door: Door, result: Any) -> HttpResponseBase:
    if isinstance(result, HttpResponseBase):
        return result
    if result is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if door.answer is None or not isinstance(result, door.answer):
        raise TypeError(f"{door.view.__qualname__} answered {type(result).__name__}, not {door.answer}")
    body = result.__pydantic_serializer__.to_json(result)
    return HttpResponse(body, status=door.status, content_type="application/json")


def _refuse_unknown_parameters(request: HttpRequest, known: dict[str, frozenset[str]]) -> None:
    """A slip of the pen must not be dropped in silence."""
    none: frozenset[str] = frozenset()
    unknown = [name for name in request.GET if name not in known.get("query", none)]
    if "file" in known or "form" in known:
        unknown += [name for name in request.POST if name not in known.get("form", none)]
        unknown += [name for name in request.FILES if name not in known.get("file", none)]
    if unknown:
        raise Invalid(fields={name: [_("There is no such parameter.")] for name in unknown})


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request that carries an idempotency key: its effect and its answer are stored together, or neither."""

    owner: UUID
    key: str
    request_hash: str

    def answer(self) -> HttpResponse | None:
        stored = stored_answer(self.owner, self.key)
        if stored is None:
            return None
        if stored.request_hash != self.request_hash:
            raise KeyReused(fields={"Idempotency-Key": [_("was used for a request that was not the same")]})
        response = HttpResponse(stored.body, status=stored.status, content_type="application/json")
        response["Idempotency-Replayed"] = "true"
        return response

    def keep(self, response: HttpResponse) -> None:
        keep_answer(
            self.owner,
            self.key,
            self.request_hash,
            response.status_code,
            response.content.decode(),
            at=clock.now(),
        )


def _keyed(request: HttpRequest, caller: Caller) -> Keyed | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= _KEY_LIMIT or not key.isascii() or not key.isprintable():
        raise Invalid(
            fields={
                "Idempotency-Key": [
                    _("Must be 1 to %(limit)d printable ASCII characters.") % {"limit": _KEY_LIMIT}
                ]
            }
        )
    return Keyed(caller.person_id, key, _request_hash(request))


def _request_hash(request: HttpRequest) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\0".encode())
    if request.content_type == "multipart/form-data":  # the boundary differs each time
        for name, values in sorted(request.POST.lists()):
            digest.update(repr((name, values)).encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                digest.update(repr((name, file.name, file.size)).encode())
                for chunk in file.chunks():
                    digest.update(chunk)
                file.seek(0)
    else:
        digest.update(request.body)
    return digest.hexdigest()
