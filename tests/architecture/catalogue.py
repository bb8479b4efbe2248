"""What the database's catalogue says, in forms that can be compared."""

from __future__ import annotations

from typing import Any

import psycopg

Rows = list[tuple[Any, ...]]


def snapshot(connection: psycopg.Connection, table: str) -> dict[str, Rows]:
    """Everything of the wall that hangs on a table: switches, policies, grants, triggers."""
    return {
        "switches": _rows(
            connection,
            "SELECT relrowsecurity, relforcerowsecurity, relowner::regrole::text FROM pg_class "
            "WHERE oid = %s::regclass",
            table,
        ),
        "policies": _rows(
            connection,
            "SELECT policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies "
            "WHERE schemaname = 'public' AND tablename = %s ORDER BY 1",
            table,
            quoted=False,
        ),
        "grants": _rows(
            connection,
            "SELECT a.grantee::regrole::text, a.privilege_type, a.is_grantable FROM pg_class c, "
            "aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a WHERE c.oid = %s::regclass ORDER BY 1, 2",
            table,
        ),
        "column_grants": _rows(
            connection,
            "SELECT t.attname, a.grantee::regrole::text, a.privilege_type FROM pg_attribute t, "
            "aclexplode(t.attacl) a WHERE t.attrelid = %s::regclass AND NOT t.attisdropped ORDER BY 1, 2, 3",
            table,
        ),
        "triggers": _rows(
            connection,
            "SELECT tgname, tgenabled::text, pg_get_triggerdef(oid) FROM pg_trigger "
            "WHERE tgrelid = %s::regclass AND NOT tgisinternal ORDER BY 1",
            table,
        ),
    }


def _rows(connection: psycopg.Connection, query: str, table: str, *, quoted: bool = True) -> Rows:
    return connection.execute(query.encode(), [f'"{table}"' if quoted else table]).fetchall()


def tables(connection: psycopg.Connection) -> set[str]:
    rows = connection.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace "
        "AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    ).fetchall()
    return {row[0] for row in rows}


def privileges(connection: psycopg.Connection, table: str, role: str) -> set[str]:
    """On the whole table, and `word(column)` for those on single columns."""
    whole = {
        row[0].lower()
        for row in connection.execute(
            "SELECT a.privilege_type FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = %s::regclass "
            "AND a.grantee = %s::regrole",
            [f'"{table}"', role],
        )
    }
    columns = {
        f"{row[0].lower()}({row[1]})"
        for row in connection.execute(
            "SELECT a.privilege_type, t.attname FROM pg_attribute t, aclexplode(t.attacl) a "
            "WHERE t.attrelid = %s::regclass AND a.grantee = %s::regrole",
            [f'"{table}"', role],
        )
    }
    return whole | columns
