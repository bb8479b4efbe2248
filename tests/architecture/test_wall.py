"""The catalogue is what the models' kinds say, for every table, sequence, function and role."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import models

from mainstay.core.wall import sql
from mainstay.core.wall.build import managed_models
from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.functions import lookup_functions
from mainstay.core.wall.kinds import LIBRARY_TABLES, WALLED, Kind, wall_of
from mainstay.core.wall.roles import SCOPES, Roles
from tests.architecture.catalogue import privileges, snapshot, tables

NAMES = Roles("mainstay")
ROLES = [NAMES.app, *map(NAMES.scope, SCOPES)]
MODELS = sorted(managed_models(), key=lambda m: m._meta.db_table)
WALLED_MODELS = [m for m in MODELS if (w := wall_of(m)) and w.kind in WALLED]
by_table = pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.db_table)
by_walled_table = pytest.mark.parametrize("model", WALLED_MODELS, ids=lambda m: m._meta.db_table)
# Unique by themselves although a customer's: nothing else may be.
UNIQUE_ALONE = {"tenant.slug", "ticket.number"}


@pytest.fixture(scope="module")
def owner(database_address: Callable[[str], str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_address("owner"), autocommit=True) as connection:
        yield connection


@by_table
def test_every_model_declares_its_kind(model: type[models.Model]) -> None:
    assert wall_of(model) is not None, f"{model._meta.label}: say `wall = …` (core/wall/kinds.py)"


@by_table
def test_policies_and_grants_are_what_the_kind_says(
    model: type[models.Model], owner: psycopg.Connection
) -> None:
    """Built anew from nothing, the table's protection is the same as it is."""
    table = model._meta.db_table
    wall = wall_of(model)
    assert wall
    there = snapshot(owner, table)
    try:
        with owner.transaction():
            for policy, *_rest in there["policies"]:
                owner.execute(f'DROP POLICY "{policy}" ON "{table}"'.encode())
            for trigger, *_rest in there["triggers"]:
                if trigger.startswith("wall_"):
                    owner.execute(f'DROP TRIGGER "{trigger}" ON "{table}"'.encode())
            for statement in sql.statements(model, NAMES):
                owner.execute(statement.encode())
            wanted = snapshot(owner, table)
            raise psycopg.Rollback
    finally:
        assert snapshot(owner, table) == there
    assert there == wanted
    if wall.kind is Kind.PLUMBING:
        assert there["policies"] == []
    else:
        assert there["switches"] == [(True, True, NAMES.owner)]
        assert {p[0] for p in there["policies"]} == {name for name, _ in sql.policies(wall, NAMES)}
    assert {grantee for grantee, *_ in there["grants"]} <= {NAMES.owner, *ROLES}


def test_the_comparison_notices_what_was_added_by_hand(owner: psycopg.Connection) -> None:
    there = snapshot(owner, "ticket")
    for change in (
        "GRANT SELECT ON ticket TO mainstay_app",
        "GRANT UPDATE (subject) ON ticket TO PUBLIC",
        "ALTER TABLE ticket NO FORCE ROW LEVEL SECURITY",
        "ALTER POLICY wall_tenant ON ticket USING (true)",
        "CREATE POLICY mine ON ticket USING (true)",
        "DROP TRIGGER wall_keep_tenant ON ticket",
    ):
        with owner.transaction(force_rollback=True):
            owner.execute(change.encode())
            assert snapshot(owner, "ticket") != there, change


@by_walled_table
def test_an_index_is_led_by_the_tenant(model: type[models.Model], owner: psycopg.Connection) -> None:
    wall = wall_of(model)
    assert wall
    found = owner.execute(
        "SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE i.indrelid = %s::regclass AND a.attname = %s AND i.indisvalid",
        [f'"{model._meta.db_table}"', wall.column],
    ).fetchone()
    assert found, f"{model._meta.db_table} has no index that begins with {wall.column}"


@by_walled_table
def test_keys_cannot_leave_the_tenant(model: type[models.Model], owner: psycopg.Connection) -> None:
    """Composite between walled tables, valid, deferrable, and pointing at a unique (tenant_id, id)."""
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey):
            assert isinstance(field, ForeignKey), f"{field}: use ForeignKey of core/wall/fields.py"
    for key in sql.keys(model):
        name, statement = sql.foreign_key(model, key)
        row = owner.execute(
            "SELECT convalidated, condeferrable, condeferred, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conname = %s AND conrelid = %s::regclass AND contype = 'f'",
            [name, f'"{model._meta.db_table}"'],
        ).fetchone()
        assert row, f"{name} is missing"
        valid, *deferrable, definition = row
        assert valid
        assert all(deferrable)
        composite = f"FOREIGN KEY (tenant_id, {key.column})" in definition
        there = wall_of(key.related_model)
        wants = bool(
            there and there.kind in WALLED and there.column == "tenant_id" and key.column != "tenant_id"
        )
        assert composite == wants, (definition, statement)


@by_walled_table
def test_nothing_is_unique_across_tenants(model: type[models.Model]) -> None:
    """It would tell one customer what another has."""
    table = model._meta.db_table
    alone = {
        f"{table}.{field.column}"
        for field in model._meta.local_fields
        if field.unique and not field.primary_key
    }
    assert alone <= UNIQUE_ALONE
    assert not [f for f in model._meta.local_fields if isinstance(f, models.OneToOneField)]
    assert not [f for f in model._meta.local_many_to_many if f.remote_field.through._meta.auto_created]
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            assert constraint.fields[0] == "tenant", constraint.name
    assert not model._meta.unique_together


def test_there_are_no_tables_but_the_declared(owner: psycopg.Connection) -> None:
    ours = {model._meta.db_table for model in MODELS}
    others = tables(owner) - ours
    assert {t for t in others if not t.startswith("procrastinate_")} <= {"django_migrations"}


def test_library_tables_have_the_declared_grants(owner: psycopg.Connection) -> None:
    ours = {model._meta.db_table for model in MODELS}
    everything = {"select", "insert", "update", "delete"}
    for table in tables(owner) - ours:
        wall = LIBRARY_TABLES.get(table)
        app = {"select"} if table == "django_migrations" else everything
        assert privileges(owner, table, NAMES.app) == app, table
        for scope in SCOPES:
            wanted = {
                word
                for role, words in (wall.extra if wall else ())
                if role == scope
                for word in _words(words)
            }
            assert privileges(owner, table, NAMES.scope(scope)) == wanted, (table, scope)


def _words(words: str) -> set[str]:
    """`select (id, lock)` → `select(id)`, `select(lock)`."""
    verb, _, columns = words.partition(" (")
    if not columns:
        return {word.strip() for word in words.split(",")}
    return {f"{verb}({column.strip()})" for column in columns.rstrip(")").split(",")}


def test_sequences_can_be_drawn_from_and_not_set(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        "SELECT c.relname, a.grantee::regrole::text, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a "
        "WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner"
    ).fetchall()
    assert rows
    assert {(grantee, privilege) for _, grantee, privilege in rows} == {(role, "USAGE") for role in ROLES}


def test_functions_that_pass_the_wall_are_the_registered_ones(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        "SELECT p.oid::regprocedure::text, p.proname, p.proowner::regrole::text, p.proconfig, "
        "ARRAY(SELECT a.grantee::regrole::text FROM aclexplode(p.proacl) a WHERE a.grantee <> p.proowner "
        "ORDER BY 1), pg_get_function_result(p.oid) "
        "FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef"
    ).fetchall()
    registered = {f.signature.partition("(")[0]: f for f in lookup_functions()}
    assert {row[1] for row in rows} == set(registered)
    for _signature, name, owned_by, config, grantees, result in rows:
        function = registered[name]
        wanted = {NAMES.app if role == "app" else NAMES.scope(role) for role in function.granted_to}
        assert set(grantees) == wanted, name
        assert owned_by == NAMES.owner
        assert config == ["search_path=pg_catalog, public, pg_temp"], name
        assert _columns(result) == _columns(function.returns), name


def _columns(returns: str) -> list[str]:
    """Names, where it returns a table."""
    if not returns.upper().startswith("TABLE"):
        return [returns.split()[-1]]
    inside = returns.partition("(")[2].rpartition(")")[0]
    return [part.strip().split()[0] for part in inside.split(",")]


def test_no_role_of_ours_can_step_over_the_wall(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit, rolcanlogin FROM pg_roles "
        "WHERE rolname = ANY(%s)",
        [ROLES],
    ).fetchall()
    assert {row[0] for row in rows} == set(ROLES)
    for name, *powers, can_login in rows:
        assert not any(powers), name
        assert can_login == (name == NAMES.app)
    memberships = owner.execute(
        "SELECT m.member::regrole::text, m.roleid::regrole::text FROM pg_auth_members m "
        "WHERE m.member::regrole::text = ANY(%s)",
        [ROLES],
    ).fetchall()
    assert set(memberships) == {(NAMES.app, NAMES.scope(scope)) for scope in SCOPES}


def test_nobody_but_the_owner_can_make_things(owner: psycopg.Connection) -> None:
    """Not even temporary tables, which could stand before ours."""
    for role in ROLES:
        row = owner.execute(
            "SELECT has_schema_privilege(%s, 'public', 'CREATE'), "
            "has_database_privilege(%s, current_database(), 'TEMP'), "
            "has_database_privilege(%s, current_database(), 'CREATE')",
            [role, role, role],
        ).fetchone()
        assert row == (False, False, False), role
