"""The registry of everything that can happen: name, sentence, link, fields, who may see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple, TypeVar
from uuid import UUID

from django.utils.functional import Promise as LazyText


class Visibility(StrEnum):
    ALL = "all"
    TENANT = "tenant"
    OPERATOR = "operator"


class Happening:
    """Base of every event: a frozen dataclass of ids, codes, and old and new values of non-personal columns.

    Words of people never go in here; they live in rows of their own, which can be erased.
    """

    name: ClassVar[str]
    subject_kind: ClassVar[str]
    subject_field: ClassVar[str]
    visibility: ClassVar[Visibility]
    sentence: ClassVar[str | LazyText]
    words: ClassVar[Mapping[str, Mapping[str, str | LazyText]]]

    @property
    def subject_id(self) -> UUID:
        return getattr(self, self.subject_field)  # type: ignore[no-any-return]

    def data(self) -> dict[str, Any]:
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Fact:
    """An event that was recorded: what later handlers get."""

    n: int
    name: str
    tenant_id: UUID | None
    at: Any
    actor_kind: str
    actor_id: UUID | None
    subject_kind: str
    subject_id: UUID
    visibility: str
    data: dict[str, Any]
    depth: int = 0

    def id(self, key: str) -> UUID:
        """A UUID out of `data`."""
        return UUID(self.data[key])


class Mark(NamedTuple):
    """A place in the order of events."""

    tx: int
    n: int


H = TypeVar("H", bound=type[Happening])
_TYPES: dict[str, type[Happening]] = {}


def event(
    name: str,
    *,
    subject: str,
    sentence: str | LazyText,
    visibility: Visibility = Visibility.ALL,
    words: Mapping[str, Mapping[str, str | LazyText]] | None = None,
) -> Callable[[H], H]:
    """Register a dataclass as an event. `subject` names its subject; the field `<subject>_id` must exist.

    The sentence may use {actor} and the event's own fields; `words` says what a field's codes are called.
    """

    def register(cls: H) -> H:
        cls.name, cls.sentence, cls.visibility = name, sentence, visibility
        cls.words = words or {}
        cls.subject_kind, cls.subject_field = subject, f"{subject}_id"
        if cls.subject_field not in {f.name for f in fields(cls)}:  # type: ignore[arg-type]
            raise TypeError(f"{cls.__name__} has no field {cls.subject_field}")
        if _TYPES.setdefault(name, cls) is not cls:
            raise ValueError(f"event {name} is declared twice")
        return cls

    return register


def event_types() -> dict[str, type[Happening]]:
    return dict(_TYPES)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, StrEnum):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    return value
