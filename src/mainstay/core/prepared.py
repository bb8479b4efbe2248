"""Statements that PostgreSQL parses and plans once for each connection, and rows written by such statements.

Planning a join under row security costs the server five to ten times what running it does. What is prepared
here is fixed text with parameters; the plan is made anew whenever the role differs from the one it was made for.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from django.db import connection
from django.db.backends.postgresql.psycopg_any import mogrify
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from django.db.models import AutoField, Field, Model

_NOTHING: Final[Mapping[str, str]] = {}


class _Prepared(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **_: Any) -> _Prepared:
        return super().execute(query, params, prepare=True)


class _Counted(CursorDebugWrapper):
    """For tests that count or read statements: prepared ones do not know their own text."""

    def debug_sql(
        self, sql: Any = None, params: Any = None, use_last_executed_query: bool = False, many: bool = False
    ) -> Any:
        return super().debug_sql(mogrify(sql, params, connection), params, many=many)


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """As Django's cursor, but each text is prepared: for those that are run again and again, unchanged."""
    connection.ensure_connection()
    raw: Any = _Prepared(connection.connection)
    wrapper = _Counted if connection.queries_logged else CursorWrapper
    with wrapper(raw, connection) as cursor:
        yield cursor


@dataclass(frozen=True, slots=True)
class _Shape:
    fields: tuple[Field[Any, Any], ...]
    columns: str
    values: str
    """The placeholders of one row."""
    returning: tuple[str, ...]
    table: str

    def sql(self, count: int, *, skip_conflicts: bool) -> str:
        text = f"INSERT INTO {self.table} ({self.columns}) VALUES {', '.join([self.values] * count)}"  # noqa: S608
        if skip_conflicts:
            return f"{text} ON CONFLICT DO NOTHING"
        return f"{text} RETURNING {', '.join(self.returning)}" if self.returning else text


def insert(
    rows: Sequence[Model], *, computed: Mapping[str, str] = _NOTHING, skip_conflicts: bool = False
) -> None:
    """Rows of one model, in one statement. `computed`: columns that are SQL expressions. These, and numbers that
    the database gives, are read back into the rows; not where rows that are there already are skipped."""
    if not rows:
        return
    shape = _shape(type(rows[0]), tuple(computed.items()))
    parameters = [
        field.get_db_prep_save(field.pre_save(row, True), connection)
        for row in rows
        for field in shape.fields
    ]
    with prepared_cursor() as cursor:
        cursor.execute(shape.sql(len(rows), skip_conflicts=skip_conflicts), parameters)
        given = cursor.fetchall() if shape.returning and not skip_conflicts else ()
    for row, values in zip(rows, given, strict=False):
        for name, value in zip(shape.returning, values, strict=True):
            setattr(row, name, value)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


@functools.cache
def _shape(model: type[Model], computed: tuple[tuple[str, str], ...]) -> _Shape:
    expressions = dict(computed)
    numbered = [f for f in model._meta.concrete_fields if isinstance(f, AutoField)]
    given = tuple(
        f
        for f in model._meta.concrete_fields
        if f not in numbered and f.column not in expressions and not f.has_db_default()
    )
    columns = [*(str(f.column) for f in given), *expressions]
    values = [*(_placeholder(f) for f in given), *expressions.values()]
    return _Shape(
        given,
        ", ".join(connection.ops.quote_name(column) for column in columns),
        f"({', '.join(values)})",
        (*(str(f.column) for f in numbered), *expressions),
        connection.ops.quote_name(model._meta.db_table),
    )


def _placeholder(field: Any) -> str:
    if hasattr(field, "get_placeholder"):
        return str(field.get_placeholder(None, None, connection))
    return "%s"
