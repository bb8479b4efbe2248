"""Makes a valid row of any table from the catalogue alone, so that a new table is tried without a word here.

What a row must point at is made first, of the same tenant. Where a check refuses a row, its words say what
would do: one of the listed values, or a column of the check that must not be empty.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors, sql

from mainstay.core.ids import new_id

_VALUES: dict[str, Any] = {
    "bool": False,
    "int2": 1,
    "int4": 1,
    "int8": 1,
    "float8": 1.0,
    "numeric": 1,
    "timestamptz": "2026-01-05 08:00+00",
    "date": "2026-01-05",
    "time": "08:00",
    "interval": "1 hour",
    "jsonb": "{}",
    "inet": "192.0.2.1",
    "bytea": b"x",
    "tsvector": "x",
    "xid8": "3",
}
_ATTEMPTS = 25


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    is_required: bool
    length: int | None


@dataclass(frozen=True)
class Key:
    name: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


class Maker:
    """Works on a superuser's connection, inside one transaction."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self._made: dict[tuple[str, str], dict[str, Any]] = {}
        self._numbers = itertools.count(1_000_000)

    def row(self, table: str, tenant: str) -> dict[str, Any]:
        """The table's row of that tenant (by a name of the caller's), made where it is not there."""
        if (table, tenant) not in self._made:
            self._made[table, tenant] = self._insert(table, tenant)
        return self._made[table, tenant]

    def another(self, table: str, tenant: str) -> dict[str, Any]:
        """Values of one more valid row, which is not kept."""
        return self._insert(table, tenant, keep=False)

    def tenant_id(self, tenant: str) -> UUID:
        return UUID(str(self.row("tenant", tenant)["id"]))

    def columns(self, table: str) -> list[Column]:
        rows = self.connection.execute(
            "SELECT a.attname, t.typname, a.attnotnull AND a.atthasdef IS FALSE AND a.attidentity = '', "
            "CASE WHEN a.atttypmod > 4 AND t.typname IN ('varchar', '_varchar') THEN a.atttypmod - 4 END "
            "FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
            "WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' "
            "ORDER BY a.attnum",
            [f'"{table}"'],
        ).fetchall()
        return [Column(*row) for row in rows]

    def keys(self, table: str) -> list[Key]:
        rows = self.connection.execute(
            "SELECT c.conname, ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, o) "
            "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.o), "
            "c.confrelid::regclass::text, ARRAY(SELECT a.attname::text FROM unnest(c.confkey) "
            "WITH ORDINALITY k(n, o) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n "
            "ORDER BY k.o) FROM pg_constraint c WHERE c.conrelid = %s::regclass AND c.contype = 'f' ORDER BY 1",
            [f'"{table}"'],
        ).fetchall()
        return [
            Key(name, tuple(cols), target.strip('"'), tuple(theirs)) for name, cols, target, theirs in rows
        ]

    def _insert(self, table: str, tenant: str, *, keep: bool = True) -> dict[str, Any]:
        columns = {column.name: column for column in self.columns(table)}
        values = {name: self._value(column) for name, column in columns.items() if column.is_required}
        if "tenant_id" in columns:
            values["tenant_id"] = self.tenant_id(tenant)
        if "id" in columns and columns["id"].type == "uuid":
            values["id"] = new_id()
        keys = self.keys(table)
        for key in keys:
            self._point(key, values, table, tenant)
        for _ in range(_ATTEMPTS):
            try:
                return self._try(table, values, keep=keep)
            except errors.CheckViolation as refused:
                name = refused.diag.constraint_name
                if name is None:
                    raise
                self._mend(table, name, values, columns, keys, tenant)
            except errors.UniqueViolation as refused:
                self._differ(table, str(refused.diag.constraint_name), values, columns, keys, tenant)
        raise AssertionError(f"no valid row of {table} was found; the last try: {values}")

    def _try(self, table: str, values: dict[str, Any], *, keep: bool) -> dict[str, Any]:
        with self.connection.transaction(force_rollback=not keep):
            query = insert_statement(table, values)
            cursor = self.connection.execute(query + sql.SQL(" RETURNING *"), list(values.values()))
            row = cursor.fetchone()
            assert row
            assert cursor.description
            self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self.connection.execute("SET CONSTRAINTS ALL DEFERRED")
            made = dict(zip([c.name for c in cursor.description], row, strict=True))
        return {name: made[name] for name in values} | {k: v for k, v in made.items() if k in ("id", "n")}

    def _point(
        self, key: Key, values: dict[str, Any], table: str, tenant: str, *, force: bool = False
    ) -> None:
        """Only where a column of the key must be filled; a row may not wait for itself."""
        own = [c for c in key.columns if c != "tenant_id"]
        if key.target == table or not own or not (force or any(c in values for c in own)):
            return
        there = self.row(key.target, tenant)
        for mine, theirs in zip(key.columns, key.target_columns, strict=True):
            values[mine] = there[theirs]

    def _differ(
        self,
        table: str,
        constraint: str,
        values: dict[str, Any],
        columns: dict[str, Column],
        keys: list[Key],
        tenant: str,
    ) -> None:
        """Another value in one column of the unique index: a number or words, or a target of its own."""
        rows = self.connection.execute(
            "SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
            "AND a.attnum = ANY(i.indkey) WHERE i.indexrelid = %s::regclass AND a.attname <> 'tenant_id'",
            [constraint],
        ).fetchall()
        involved = [row[0] for row in rows if values.get(row[0]) is not None]
        pointing = {c: k for k in keys for c in k.columns if c != "tenant_id"}
        for name in involved:
            if name not in pointing and columns[name].type != "bool":
                previous, values[name] = values[name], self._value(columns[name])
                if columns[name].type in ("int2", "int4", "int8"):
                    values[name] = previous + 1
                return
        key = pointing[involved[0]]
        there = self._insert(key.target, tenant)
        for mine, theirs in zip(key.columns, key.target_columns, strict=True):
            values[mine] = there[theirs]

    def _mend(
        self,
        table: str,
        constraint: str,
        values: dict[str, Any],
        columns: dict[str, Column],
        keys: list[Key],
        tenant: str,
    ) -> None:
        row = self.connection.execute(
            "SELECT pg_get_constraintdef(c.oid), ARRAY(SELECT a.attname::text FROM unnest(c.conkey) k(n) "
            "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n) FROM pg_constraint c "
            "WHERE c.conrelid = %s::regclass AND c.conname = %s",
            [f'"{table}"', constraint],
        ).fetchone()
        assert row
        words, involved = row
        listed = re.search(r"\(?\(?(\w+)\)?(?:::text)?\s*=\s*ANY\s*\(\(?ARRAY\['([^']*)'", words)
        if listed and values.get(listed[1]) != listed[2]:
            values[listed[1]] = listed[2]
            return
        for name in involved:
            if values.get(name) is None:
                values[name] = self._value(columns[name])
                for key in keys:
                    if name in key.columns:
                        self._point(key, values, table, tenant, force=True)
                return
        worded = next((n for n in involved if columns[n].type in ("text", "varchar")), None)
        if "tenant_id" in involved and worded and "~~" in words:  # must begin with the tenant's id
            values[worded] = f"{values['tenant_id']}/{values[worded]}"
            return
        numeric = next((n for n in involved if columns[n].type in ("int2", "int4", "int8", "numeric")), None)
        if numeric is None:
            raise AssertionError(f"{table}: {constraint} {words} refuses {values}")
        values[numeric] = (values[numeric] or 0) + 1

    def _value(self, column: Column) -> Any:
        if column.type == "uuid":
            return new_id()
        if column.type in ("int4", "int8"):
            return next(self._numbers)
        if column.type.startswith("_"):
            return []
        if column.type in ("text", "varchar", "citext"):
            text = f"x{next(self._numbers)}"
            return text[-column.length :] if column.length else text
        return _VALUES[column.type]


def insert_statement(table: str, values: dict[str, Any]) -> sql.Composed:
    return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join([sql.Placeholder()] * len(values)),
    )
