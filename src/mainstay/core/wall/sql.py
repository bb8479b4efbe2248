"""From a model's kind to the SQL that protects its table.

`statements()` is the whole desired state of one table; `build.py` runs it where it changed. Policies are
plain comparisons, which the planner uses as an index condition; a condition that could switch them off
would cost a hundred times as much and be a way around the wall.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.db import models

from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.kinds import WALLED, Kind, Wall, wall_of
from mainstay.core.wall.roles import SCOPES, Roles

_NAME_LIMIT = 63
# `nullif`, because the setting reads '' and not null once a SET LOCAL has ended.
_THE_TENANT = "nullif(current_setting('mainstay.tenant', true), '')::uuid"
_THE_PERSON = "nullif(current_setting('mainstay.person', true), '')::uuid"


def shared_functions() -> list[str]:
    return [
        """
        CREATE OR REPLACE FUNCTION wall_keep_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'a row''s tenant never changes (table %)', TG_TABLE_NAME
            USING ERRCODE = 'check_violation';
        END $$
        """
    ]


def statements(model: type[models.Model], names: Roles) -> list[str]:
    wall = wall_of(model)
    if wall is None:
        raise LookupError(f"{model._meta.label} does not declare its kind of table")
    table = model._meta.db_table
    out = [f'REVOKE ALL ON "{table}" FROM PUBLIC, {_all_roles(names)}']
    out += _grants(model, wall, names)
    if wall.kind is Kind.PLUMBING:
        return out
    out += [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
    ]
    for name, definition in policies(wall, names):
        out.append(f'DROP POLICY IF EXISTS {name} ON "{table}"')
        out.append(f'CREATE POLICY {name} ON "{table}" {definition}')
    if wall.kind in WALLED and wall.column == "tenant_id":
        changed = "OLD.tenant_id IS DISTINCT FROM NEW.tenant_id"
        out.append(
            f'CREATE OR REPLACE TRIGGER wall_keep_tenant BEFORE UPDATE OF tenant_id ON "{table}" '
            f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION wall_keep_tenant()"
        )
    return out


def policies(wall: Wall, names: Roles) -> Iterator[tuple[str, str]]:
    """Name and definition of each policy; the architecture test compares the catalogue with this."""
    own = f"{wall.column} = {_THE_TENANT}"
    tenant, staff = names.scope("tenant"), names.scope("staff")
    job, sweep = names.scope("job"), names.scope("sweep")
    # Without a policy of its own the owner's data migrations change nothing and dumps are empty.
    yield "wall_owner", f"TO {names.owner} USING (true) WITH CHECK (true)"
    yield "wall_sweep", f"TO {sweep} USING (true) WITH CHECK (true)"
    yield "wall_staff", f"TO {staff} USING (true) WITH CHECK (true)"
    if wall.doors_may_leave:
        nobodys = "tenant_id IS NULL" if wall.kind in WALLED else "true"
        yield "wall_doors", f"FOR INSERT TO {names.app} WITH CHECK ({nobodys})"
    if wall.staff_where:
        yield "wall_staff_where", _restrictive(staff, wall.staff_where)
    if wall.kind in WALLED:
        yield "wall_job", f"TO {job} USING ({own}) WITH CHECK ({own})"
    else:
        yield "wall_job", f"TO {job} USING (true) WITH CHECK (true)"
    if wall.kind is Kind.TENANT:
        yield "wall_tenant", f"TO {tenant} USING ({own}) WITH CHECK ({own})"
    elif wall.kind is Kind.COMMUNITY:
        yield "wall_tenant_own", f"TO {tenant} USING ({own}) WITH CHECK ({own})"
        yield "wall_tenant_read", f"FOR SELECT TO {tenant} USING ({wall.tenant_where or 'true'})"
        return
    elif wall.kind is Kind.SHARED:
        yield "wall_tenant", f"FOR SELECT TO {tenant} USING (true)"
    if wall.tenant_where and wall.kind in (Kind.TENANT, Kind.SHARED):
        yield "wall_tenant_where", _restrictive(tenant, wall.tenant_where)
    if wall.tenant_own:
        mine = f"USING ({wall.tenant_own} = {_THE_PERSON})"
        yield "wall_tenant_reads_own", f"AS RESTRICTIVE FOR SELECT TO {tenant} {mine}"
        yield "wall_tenant_changes_own", f"AS RESTRICTIVE FOR UPDATE TO {tenant} {mine}"
        yield "wall_tenant_removes_own", f"AS RESTRICTIVE FOR DELETE TO {tenant} {mine}"


def _restrictive(role: str, condition: str) -> str:
    return f"AS RESTRICTIVE TO {role} USING ({condition}) WITH CHECK ({condition})"


def _grants(model: type[models.Model], wall: Wall, names: Roles) -> Iterator[str]:
    table = model._meta.db_table
    if wall.kind is Kind.PLUMBING:
        yield f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO {names.app}'
        for role, words in wall.extra:
            yield _grant(table, words, names.scope(role))
        return
    if wall.tenant:
        words = wall.tenant
        if wall.tenant_columns:
            columns = ", ".join(f'"{c}"' for c in wall.tenant_columns)
            words = words.replace("select", f"select ({columns})")
        yield _grant(table, words, names.scope("tenant"))
    if wall.doors_may_leave:
        yield _grant(table, "insert", names.app)
    if wall.staff:
        yield _grant(table, wall.staff, names.scope("staff"))
    if wall.job:
        yield _grant(table, wall.job, names.scope("job"))
    yield _grant(table, "select, insert, update, delete", names.scope("sweep"))


def _grant(table: str, words: str, role: str) -> str:
    return f'GRANT {words} ON "{table}" TO {role}'


def _all_roles(names: Roles) -> str:
    return ", ".join([names.app, *map(names.scope, SCOPES)])


def target_key(model: type[models.Model]) -> tuple[str, str]:
    """Name and SQL of the UNIQUE (tenant_id, id) that composite foreign keys point at."""
    table = model._meta.db_table
    name = constraint_name("uq", table, "tenant_id_id")
    return name, f'ALTER TABLE "{table}" ADD CONSTRAINT {name} UNIQUE (tenant_id, id)'


def needs_target_key(model: type[models.Model], everyone: list[type[models.Model]]) -> bool:
    return any(
        key.related_model is model and is_composite(other, key) for other in everyone for key in keys(other)
    )


def keys(model: type[models.Model]) -> list[ForeignKey]:
    return [f for f in model._meta.local_fields if isinstance(f, ForeignKey)]


def is_composite(model: type[models.Model], key: ForeignKey) -> bool:
    here, there = wall_of(model), wall_of(key.related_model)
    return bool(
        here
        and there
        and here.kind in WALLED
        and there.kind in WALLED
        and here.column == there.column == "tenant_id"
        and key.column != "tenant_id"
    )


def foreign_key(model: type[models.Model], key: ForeignKey) -> tuple[str, str]:
    table, target = model._meta.db_table, key.related_model._meta.db_table
    name = constraint_name("fk", table, key.column)
    ours, theirs = (f'tenant_id, "{key.column}"', "tenant_id, id")
    if not is_composite(model, key):
        ours, theirs = f'"{key.column}"', f'"{key.target_field.column}"'
    return name, (
        f'ALTER TABLE "{table}" ADD CONSTRAINT {name} FOREIGN KEY ({ours}) REFERENCES "{target}" ({theirs}) '
        "DEFERRABLE INITIALLY DEFERRED"
    )


def key_index(model: type[models.Model], key: ForeignKey) -> tuple[str, tuple[str, ...], str] | None:
    """Name, leading columns and SQL of the index a key needs, so that a delete above it need not scan."""
    table = model._meta.db_table
    if key.column == "tenant_id":
        columns: tuple[str, ...] = ("tenant_id",)
    elif is_composite(model, key):
        columns = ("tenant_id", key.column)
    else:
        columns = (key.column,)
    name = constraint_name("ix", table, "_".join(columns))
    listed = ", ".join(f'"{c}"' for c in columns)
    partial = f' WHERE "{key.column}" IS NOT NULL' if key.null else ""
    return name, columns, f'CREATE INDEX IF NOT EXISTS {name} ON "{table}" ({listed}){partial}'


def constraint_name(kind: str, table: str, rest: str) -> str:
    name = f"{kind}_{table}_{rest}"
    if len(name) > _NAME_LIMIT:
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        name = f"{name[: _NAME_LIMIT - 9]}_{digest}"
    return name
