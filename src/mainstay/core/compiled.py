"""Querysets whose SQL is built once for each shape.

Building the SQL of a join costs Django more than PostgreSQL needs to answer it, and a hot read differs from the
last one only in its values. What the queryset says stays in one place, predicates included: it is built here
with stand-ins for the values, and the real ones go in with each call.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, F, Func, QuerySet, UUIDField
from django.db.models import Value as Constant

from mainstay.core.actor import Actor
from mainstay.core.prepared import prepared_cursor

_NAMESPACE: Final = UUID("7f1d2f3e-6a0b-4f7c-9d1e-5b8c2a4e6f90")
_MOST_SHAPES: Final = 500
Value = UUID | str | datetime | list[UUID] | None
"""A list goes in by `any_of`."""
Build = Callable[..., QuerySet[Any, Any]]


@dataclass(frozen=True, slots=True)
class _Made:
    sql: str
    parameters: tuple[Any, ...]
    slots: tuple[str | None, ...]
    """For each parameter the name of the value that goes there, or None where it is constant."""


class Compiled:
    """`build(*shape, actor=…, **values)` makes a `values_list`. Whatever changes the SQL belongs into `shape`;
    `values` only fill it. Rows come as the database driver reads them: for columns of plain types."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._made: dict[Hashable, _Made | None] = {}

    def rows(self, actor: Actor | None, *shape: Hashable, **values: Value) -> list[tuple[Any, ...]]:
        if actor is not None:
            values |= {"actor_tenant": actor.tenant_id, "actor_person": actor.person_id}
        nulls = tuple(name for name, value in values.items() if value is None)
        who = (actor.kind, actor.roles, actor.key_scopes) if actor else None
        key = (who, shape, nulls)
        if key not in self._made:
            if len(self._made) >= _MOST_SHAPES:
                self._made.clear()
            self._made[key] = self._make(actor, shape, values)
        made = self._made[key]
        if made is None:
            return []
        parameters = [
            constant if slot is None else values[slot]
            for constant, slot in zip(made.parameters, made.slots, strict=True)
        ]
        with prepared_cursor() as cursor:
            cursor.execute(made.sql, parameters)
            return list(cursor.fetchall())

    def _make(
        self, actor: Actor | None, shape: tuple[Hashable, ...], values: dict[str, Value]
    ) -> _Made | None:
        stand_ins = {name: _stand_in(name, value) for name, value in values.items()}
        arguments: dict[str, Any] = dict(stand_ins)
        if actor is not None:
            tenant_id, person_id = arguments.pop("actor_tenant"), arguments.pop("actor_person")
            arguments["actor"] = replace(actor, tenant_id=tenant_id, person_id=person_id)
        queryset = self._build(*shape, **arguments)
        try:
            sql, parameters = queryset.query.get_compiler(connection=connection).as_sql()
        except EmptyResultSet:
            return None
        names = {_key(value): name for name, value in stand_ins.items() if value is not None}
        slots = tuple(names.get(_key(p)) for p in parameters)
        return _Made(sql, tuple(parameters), slots)


def any_of(column: str, ids: list[UUID]) -> Func:
    """For `filter(any_of("id", ids))`: one text however many there are, unlike `id__in`."""
    constant = Constant(ids, output_field=ArrayField(UUIDField()))
    return Func(
        F(column), constant, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField()
    )


def _key(value: Any) -> Hashable:
    if isinstance(value, list):
        return tuple(value)
    return value if isinstance(value, UUID | str | datetime) else None


def _stand_in(name: str, value: Value) -> Value:
    """Of the same type, and a value that stands nowhere else in the query."""
    unique = uuid5(_NAMESPACE, name)
    if value is None:
        return None
    if isinstance(value, UUID):
        return unique
    if isinstance(value, list):
        return [unique]
    if isinstance(value, datetime):
        return datetime(1000, 1, 1, tzinfo=UTC) + timedelta(microseconds=unique.int % 10**12)
    return str(unique)
