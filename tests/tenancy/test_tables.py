"""Every table × select, insert, update, delete × every role × any tenant set, by raw SQL, with rows of two
customers. Rows are made from the catalogue: a new table is tried as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import models
from psycopg import errors, sql
from psycopg.types.json import Json

from mainstay.core.wall.build import managed_models
from mainstay.core.wall.kinds import WALLED, Kind, Wall, wall_of
from mainstay.core.wall.roles import SCOPES, Roles
from tests.tenancy.rows import Maker, insert_statement

NAMES = Roles("mainstay")
KINDS: dict[str, Wall] = {m._meta.db_table: w for m in managed_models() if (w := wall_of(m))}
WALLED_TABLES = sorted(t for t, w in KINDS.items() if w.kind in WALLED)
BOUND = ("tenant", "job")
"""Roles that are bound to the tenant that is set."""
by_table = pytest.mark.parametrize("table", WALLED_TABLES)


class Two:
    """Rows of Acme and Globex in every walled table, in a transaction that is never committed."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.maker = Maker(connection)
        for table in WALLED_TABLES:
            for tenant in ("acme", "globex"):
                self.maker.row(table, tenant)

    def key(self, table: str, tenant: str) -> Any:
        return self.maker.row(table, tenant)[key_of(table)]

    @contextmanager
    def acting(self, role: str, tenant: UUID | str | None) -> Iterator[psycopg.Connection]:
        """As the role, with the tenant set; undone afterwards, whatever happened."""
        with self.connection.transaction(force_rollback=True):
            name = NAMES.app if role == "app" else NAMES.scope(role)
            self.connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(name)))
            self.connection.execute("SELECT set_config('mainstay.tenant', %s, true)", [str(tenant or "")])
            yield self.connection


@pytest.fixture(scope="module")
def two(database_address: Callable[[str], str]) -> Iterator[Two]:
    with psycopg.connect(database_address("postgres")) as connection:
        yield Two(connection)
        connection.rollback()


def key_of(table: str) -> str:
    model = next(m for m in managed_models() if m._meta.db_table == table)
    assert isinstance(model._meta.pk, models.Field)
    return str(model._meta.pk.column)


def attempt(connection: psycopg.Connection, query: sql.Composable, *parameters: Any) -> int | None:
    """Rows touched, or None where the role may not even ask."""
    try:
        with connection.transaction():
            return connection.execute(query, parameters).rowcount
    except errors.InsufficientPrivilege:
        return None


def select(table: str) -> sql.Composed:
    column = sql.Identifier(key_of(table))
    return sql.SQL("SELECT {} FROM {} WHERE {} = %s").format(column, sql.Identifier(table), column)


def update(table: str) -> sql.Composed:
    """Of a column that is no key of anything; nothing is changed by it but the row's version."""
    column = sql.Identifier(key_of(table))
    wall = KINDS[table]
    still = sql.Identifier(wall.column)
    return sql.SQL("UPDATE {} SET {} = {} WHERE {} = %s").format(sql.Identifier(table), still, still, column)


def delete(table: str) -> sql.Composed:
    return sql.SQL("DELETE FROM {} WHERE {} = %s").format(
        sql.Identifier(table), sql.Identifier(key_of(table))
    )


OPERATIONS = {"select": select, "update": update, "delete": delete}


@by_table
@pytest.mark.parametrize("role", BOUND)
def test_bound_to_one_customer_nothing_of_another_is_touched(table: str, role: str, two: Two) -> None:
    for mine, theirs in (("acme", "globex"), ("globex", "acme")):
        with two.acting(role, two.maker.tenant_id(mine)) as connection:
            for name, operation in OPERATIONS.items():
                assert not attempt(connection, operation(table), two.key(table, theirs)), name
            assert not attempt(connection, select_all(table), two.maker.tenant_id(theirs))


def select_all(table: str) -> sql.Composed:
    column = sql.Identifier(KINDS[table].column)
    return sql.SQL("SELECT {} FROM {} WHERE {} = %s").format(column, sql.Identifier(table), column)


@by_table
@pytest.mark.parametrize("role", BOUND)
@pytest.mark.parametrize("tenant", [None, "nobody"])
def test_with_no_customer_set_nothing_is_there(table: str, role: str, tenant: str | None, two: Two) -> None:
    unknown = None if tenant is None else UUID(int=0)
    with two.acting(role, unknown) as connection:
        for name, operation in OPERATIONS.items():
            for whose in ("acme", "globex"):
                assert not attempt(connection, operation(table), two.key(table, whose)), name


@by_table
def test_one_finds_ones_own(table: str, two: Two) -> None:
    """So that what is refused above is refused for the right reason."""
    with two.acting("job", two.maker.tenant_id("acme")) as connection:
        assert attempt(connection, select(table), two.key(table, "acme")) == 1
    for role in ("staff", "sweep"):
        with two.acting(role, None) as connection:
            for tenant in ("acme", "globex"):
                found = attempt(connection, select(table), two.key(table, tenant))
                hidden = role == "staff" and (KINDS[table].staff_where or "select" not in KINDS[table].staff)
                assert found == 1 or hidden, role


@by_table
@pytest.mark.parametrize("role", ["tenant", "job"])
def test_a_row_cannot_be_put_into_another_customers_hands(table: str, role: str, two: Two) -> None:
    values = adapted(two.maker.another(table, "globex"))
    with two.acting(role, two.maker.tenant_id("acme")) as connection:
        assert attempt(connection, insert_statement(table, values), *values.values()) is None
    with two.acting(role, None) as connection:
        assert attempt(connection, insert_statement(table, values), *values.values()) is None
    if "insert" in KINDS[table].job and KINDS[table].column == "tenant_id":
        with two.acting("job", two.maker.tenant_id("globex")) as connection:
            assert attempt(connection, insert_statement(table, values), *values.values()) == 1


def adapted(values: dict[str, Any]) -> dict[str, Any]:
    return {name: Json(value) if isinstance(value, dict) else value for name, value in values.items()}


@pytest.mark.parametrize("table", [t for t in WALLED_TABLES if KINDS[t].column == "tenant_id"])
def test_a_rows_customer_never_changes(table: str, two: Two) -> None:
    query = sql.SQL("UPDATE {} SET tenant_id = %s WHERE {} = %s").format(
        sql.Identifier(table), sql.Identifier(key_of(table))
    )
    acme, globex = two.maker.tenant_id("acme"), two.maker.tenant_id("globex")
    key = two.key(table, "acme")
    for role, tenant in (("tenant", acme), ("job", acme), ("staff", None), ("sweep", None)):
        with two.acting(role, tenant) as connection:
            try:
                assert not attempt(connection, query, globex, key), role
            except errors.CheckViolation as refused:
                assert "never changes" in str(refused)  # noqa: PT017 – one of two ways to be refused
    with two.connection.transaction(force_rollback=True), pytest.raises(errors.CheckViolation):
        two.connection.execute(query, [globex, key])  # not even the superuser


@by_table
def test_a_row_cannot_point_at_another_customers(table: str, two: Two) -> None:
    """By the role that may do most; foreign keys do not ask row security."""
    for key in two.maker.keys(table):
        own = [c for c in key.columns if c != "tenant_id"]
        target = KINDS.get(key.target)
        if len(key.columns) == 1 or not own or target is None or target.kind not in WALLED:
            continue
        [column] = own
        query = sql.SQL("UPDATE {} SET {} = %s WHERE {} = %s").format(
            sql.Identifier(table), sql.Identifier(column), sql.Identifier(key_of(table))
        )
        theirs = two.maker.row(key.target, "globex")["id"]
        with two.acting("sweep", None) as connection:
            assert _refusal(connection, query, theirs, two.key(table, "acme")) in (key.name, "a check"), (
                column
            )


def _refusal(connection: psycopg.Connection, query: sql.Composable, *parameters: Any) -> str | None:
    """The foreign key that refuses, at the latest when it is looked at."""
    try:
        with connection.transaction():
            connection.execute(query, parameters)
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except errors.ForeignKeyViolation as refused:
        return refused.diag.constraint_name
    except errors.CheckViolation:
        return "a check"
    return None


@by_table
def test_the_doors_role_sees_nothing(table: str, two: Two) -> None:
    for tenant in (None, two.maker.tenant_id("acme")):
        with two.acting("app", tenant) as connection:
            for name, operation in OPERATIONS.items():
                assert attempt(connection, operation(table), two.key(table, "acme")) is None, name
            values = adapted(two.maker.row(table, "acme"))
            assert attempt(connection, insert_statement(table, values), *values.values()) is None


@pytest.mark.parametrize("table", [t for t in WALLED_TABLES if KINDS[t].kind is Kind.STAFF_ONLY])
def test_what_is_for_staff_only_is_no_customers(table: str, two: Two) -> None:
    with two.acting("tenant", two.maker.tenant_id("acme")) as connection:
        for operation in OPERATIONS.values():
            assert attempt(connection, operation(table), two.key(table, "acme")) is None


@by_table
@pytest.mark.parametrize("side", ["tenant", "staff"])
def test_what_is_hidden_from_a_side_stays_hidden(table: str, side: str, two: Two) -> None:
    """Rows that the side's condition leaves out: neither seen nor changed nor made."""
    condition = KINDS[table].tenant_where if side == "tenant" else KINDS[table].staff_where
    if not condition:
        return
    acme = two.maker.tenant_id("acme")
    if condition == "tenant_id IS NULL":
        column, wrong = "tenant_id", str(acme)  # each customer's row is one that it refuses
    else:
        column, wrong = _the_opposite(condition)
    key = two.key(table, "acme")
    set_wrong = sql.SQL("UPDATE {} SET {} = %s WHERE {} = %s").format(
        sql.Identifier(table), sql.Identifier(column), sql.Identifier(key_of(table))
    )
    with two.connection.transaction(force_rollback=True):
        if column != "tenant_id":
            two.connection.execute(set_wrong, [wrong, key])
        with two.acting(side, acme if side == "tenant" else None) as connection:
            for name, operation in OPERATIONS.items():
                assert not attempt(connection, operation(table), key), name
    with two.acting(side, acme if side == "tenant" else None) as connection:
        assert not attempt(connection, set_wrong, wrong, key)


def _the_opposite(condition: str) -> tuple[str, str]:
    """`visibility <> 'operator'` → a value that it refuses."""
    column, operator, value = condition.split(" ", 2)
    value = value.strip("'")
    if operator == "<>":
        return column, value
    assert operator == "=", condition
    return column, {"operator": "tenant"}[value]


def test_every_application_role_is_tried() -> None:
    assert set(SCOPES) == {*BOUND, "staff", "sweep"}
    assert len(WALLED_TABLES) >= 15


@pytest.mark.parametrize("column", ["plan_id", "mrr", "segment", "attributes", "csm_id", "slug"])
def test_what_the_operator_says_of_a_customer_is_not_the_customers_to_write(column: str, two: Two) -> None:
    with two.acting("tenant", two.maker.tenant_id("acme")) as connection:
        assert connection.execute("SELECT id FROM tenant FOR NO KEY UPDATE").rowcount == 1
        name = sql.Identifier(column)
        assert attempt(connection, sql.SQL("UPDATE tenant SET {} = {}").format(name, name)) is None
