"""The OpenAPI document: what the operations themselves do not say."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from mainstay.core.api.problems import MEDIA_TYPE
from mainstay.core.api.schemas import ProblemOut

_WORDS: Final = {
    400: "The request could not be read (broken JSON, invalid UTF-8).",
    401: "No key or session, or one that is unknown, expired or revoked.",
    403: "The caller may not do this.",
    404: "There is nothing with this id, or the caller may not see it.",
    409: "It does not fit the present state, or the idempotency key was used for another request.",
    413: "The body is larger than allowed.",
    415: "The body is of another content type than this operation takes.",
    422: "A field or parameter is wrong; `fields` says which and why.",
    429: "Too many requests; `Retry-After` says when to come again.",
    500: "An unexpected error; nothing was changed.",
    503: "Not available at the moment; `Retry-After` says when to come again.",
}


def documented_problems(*, has_id: bool, is_safe: bool, more: Mapping[str, Any]) -> dict[str, Any]:
    statuses = {400, 401, 403, 422, 429, 500, 503}
    statuses |= {404} if has_id else set()
    statuses |= set() if is_safe else {409, 413, 415}
    extra: dict[str, Any] = copy.deepcopy(dict(more))
    answers = extra.setdefault("responses", {})
    for status in sorted(statuses):
        answers.setdefault(status, _problem_answer(status))
    return extra


def idempotency_parameter() -> dict[str, Any]:
    return {
        "in": "header",
        "name": "Idempotency-Key",
        "required": False,
        "description": "Any text of your own, new for each request you mean once. Repeating a request with the "
        "same key returns the first answer, with `Idempotency-Replayed: true`. Kept for two days.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
    }


def _problem_answer(status: int) -> dict[str, Any]:
    return {
        "description": _WORDS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


class Document(OpenAPISchema):
    def add_schema_definitions(self, definitions: Any) -> None:
        for name, schema in definitions.items():
            if self.schemas.setdefault(name, schema) != schema:
                raise ValueError(f"two schemas of the API are called {name}: rename one")

    def get_components(self) -> Any:
        self.schemas["Problem"] = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
        self.schemas = dict(sorted(self.schemas.items()))
        return super().get_components()


@dataclass(frozen=True, slots=True)
class _Named:
    __ninja_param_source__: str
    __ninja_flatten_map_reverse__: dict[tuple[Any, ...], tuple[Any, ...]]


class DocumentedAPI(NinjaAPI):
    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        if path_prefix is None:
            path_prefix = self.get_root_path(path_params or {})
        return Document(self, path_prefix)

    def validation_error_from_error_contexts(self, error_contexts: list[Any]) -> ValidationError:
        """As the library's, but what is wrong inside a list of a query is named by the query's own name too."""
        for context in error_contexts:
            flat = context.model.__ninja_flatten_map_reverse__
            known = dict(flat)
            for error in context.pydantic_validation_error.errors(include_url=False, include_input=False):
                where = tuple(error["loc"])
                length = next((n for n in range(len(where), 0, -1) if where[:n] in flat), 0)
                if length:
                    known[where] = (*flat[where[:length]], *where[length:])
            context.model = _Named(context.model.__ninja_param_source__, known)
        return super().validation_error_from_error_contexts(error_contexts)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__
