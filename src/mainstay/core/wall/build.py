"""Bring every table to what its kind says. Idempotent; one transaction; run as owner after each migrate."""

from __future__ import annotations

import hashlib
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from mainstay.core.wall import sql
from mainstay.core.wall.functions import lookup_functions
from mainstay.core.wall.kinds import LIBRARY_TABLES, Kind, Wall, wall_of
from mainstay.core.wall.roles import SCOPES, Roles, roles

_MARK = "wall:"


def managed_models() -> list[type[models.Model]]:
    return [m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy]


def build_wall() -> int:
    """Returns how many tables were brought up to date (0 when nothing changed since the last time)."""
    names = roles()
    everyone = managed_models()
    changed = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('mainstay.wall'))")
        for statement in sql.shared_functions():
            cursor.execute(statement)
        for model in everyone:
            if sql.needs_target_key(model, everyone):
                _add_constraint(cursor, model._meta.db_table, *sql.target_key(model))
        for model in everyone:
            changed += _bring_up(cursor, model, names)
        _library_tables(cursor, names)
        _sequences(cursor, names)
        for function in lookup_functions():
            for statement in function.statements(_role_names(names)):
                cursor.execute(statement)
    return changed


def _bring_up(cursor: Any, model: type[models.Model], names: Roles) -> int:
    table = model._meta.db_table
    for key in sql.keys(model):
        _add_constraint(cursor, table, *sql.foreign_key(model, key))
        index = sql.key_index(model, key)
        if index and not _has_index(cursor, table, index[1]):
            cursor.execute(index[2])
    wanted = sql.statements(model, names)
    mark = _MARK + hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    if _comment(cursor, table) == mark:
        return 0
    _drop_strangers(cursor, table, model, names)
    for statement in wanted:
        cursor.execute(statement)
    cursor.execute(f"COMMENT ON TABLE \"{table}\" IS '{mark}'")
    return 1


def _drop_strangers(cursor: Any, table: str, model: type[models.Model], names: Roles) -> None:
    """Policies that the kind no longer asks for."""
    wall = wall_of(model)
    wanted = (
        {name for name, _ in sql.policies(wall, names)} if wall and wall.kind is not Kind.PLUMBING else set()
    )
    cursor.execute(
        "SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND tablename = %s", [table]
    )
    for (policy,) in cursor.fetchall():
        if policy not in wanted:
            cursor.execute(f'DROP POLICY "{policy}" ON "{table}"')


def _library_tables(cursor: Any, names: Roles) -> None:
    """Tables of libraries that are no managed models (procrastinate's, django_migrations)."""
    tables: dict[str, Wall] = {name: LIBRARY_TABLES.get(name, _plain()) for name in _procrastinate(cursor)}
    for table, wall in tables.items():
        cursor.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO {names.app}')
        for role, words in wall.extra:
            cursor.execute(f'GRANT {words} ON "{table}" TO {names.scope(role)}')
    cursor.execute(f"GRANT SELECT ON django_migrations TO {names.app}")


def _plain() -> Wall:
    return Wall(kind=Kind.PLUMBING)


def _procrastinate(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'procrastinate\\_%'"
    )
    return [row[0] for row in cursor.fetchall()]


def _sequences(cursor: Any, names: Roles) -> None:
    everybody = ", ".join([names.app, *map(names.scope, SCOPES)])
    cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {everybody}")


def _role_names(names: Roles) -> dict[str, str]:
    return {"app": names.app, **{scope: names.scope(scope) for scope in SCOPES}}


def _add_constraint(cursor: Any, table: str, name: str, statement: str) -> None:
    cursor.execute(
        "SELECT 1 FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass", [name, f'"{table}"']
    )
    if not cursor.fetchone():
        cursor.execute(statement)


def _has_index(cursor: Any, table: str, columns: tuple[str, ...]) -> bool:
    """Whether a full index starts with these columns, in this order."""
    cursor.execute(
        """
        SELECT 1 FROM pg_index i
        WHERE i.indrelid = %s::regclass AND i.indpred IS NULL AND (
          SELECT array_agg(a.attname::text ORDER BY k.ord)
          FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, ord)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
          WHERE k.ord <= %s
        ) = %s
        """,
        [f'"{table}"', len(columns), list(columns)],
    )
    return cursor.fetchone() is not None


def _comment(cursor: Any, table: str) -> str | None:
    cursor.execute("SELECT obj_description(%s::regclass, 'pg_class')", [f'"{table}"'])
    row = cursor.fetchone()
    return row[0] if row else None
