"""Bases of what comes in and goes out as JSON."""

from __future__ import annotations

import math
from typing import Annotated, Any, Generic, TypeVar

from django.utils.translation import gettext as _
from ninja import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import to_json

T = TypeVar("T")
_OBJECT_LIMIT = 20_000


class Incoming(BaseModel):
    """A body: a field that does not exist is an error, so that a slip of the pen is not silently dropped."""

    model_config = ConfigDict(extra="forbid")


class Outgoing(BaseModel):
    model_config = ConfigDict(from_attributes=False, json_schema_serialization_defaults_required=True)


class PageOut(Outgoing, Generic[T]):
    items: list[T]
    next_cursor: str | None = Field(
        None, description="Send it as `cursor` to get what follows; null at the end."
    )


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    if not _is_finite(value):
        raise ValueError(_("Contains a number that is not finite."))
    if len(to_json(value)) > _OBJECT_LIMIT:
        raise ValueError(_("At most %(limit)d bytes.") % {"limit": _OBJECT_LIMIT})
    return value


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    return all(map(_is_finite, value)) if isinstance(value, list) else True


Word = Annotated[str, StringConstraints(max_length=200)]
Slug = Annotated[str, StringConstraints(max_length=80)]
Email = Annotated[str, StringConstraints(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$", strip_whitespace=True)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_storable)]
Cursor = Annotated[str, StringConstraints(max_length=500)]
Limit = Annotated[int, Field(ge=1, le=100)]
"""For models; as a parameter of its own write LimitQuery, or the default is lost."""
LimitQuery = Annotated[int, Query(ge=1, le=100)]


class ProblemOut(BaseModel):
    """An error, by RFC 9457."""

    model_config = ConfigDict(title="Problem")

    type: str
    title: str = Field(description="The kind of error, in the language asked for.")
    status: int
    code: str = Field(description="The kind of error, stable.")
    detail: str = Field(description="What is wrong in this case.")
    fields: dict[str, list[str]] = Field(description="What is wrong with each field, by its path.")
    request_id: str = Field(description="Names this request in the operator's log.")
