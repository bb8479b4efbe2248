"""Undoes what a test committed."""

import psycopg
from psycopg import sql

_TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    ORDER BY 1
"""


class Pristine:
    """The rows that the migrations left, and the way back to them over a superuser's connection."""

    def __init__(self, address: str) -> None:
        self._address = address
        with psycopg.connect(address, autocommit=True) as admin:
            self._tables = [row[0] for row in admin.execute(_TABLES).fetchall()]
            self._rows = {table: _copy_out(admin, table) for table in _non_empty(admin, self._tables)}

    def restore(self) -> None:
        with psycopg.connect(self._address, autocommit=True) as admin:
            # No foreign keys and no triggers while rows go and come back; a superuser passes row security.
            admin.execute("SET session_replication_role = replica")
            admin.execute("SET lock_timeout = '20s'")
            changed = [
                table
                for table in {*_non_empty(admin, self._tables), *self._rows}
                if self._rows.get(table, b"") != _copy_out(admin, table)
            ]
            with admin.transaction():
                for table in sorted(changed):
                    admin.execute(sql.SQL("DELETE FROM {}").format(_name(table)))
                    if table in self._rows:
                        _copy_in(admin, table, self._rows[table])


def _name(table: str) -> sql.SQL:
    return sql.SQL(table)  # regclass::text has quoted it already


def _non_empty(admin: psycopg.Connection, tables: list[str]) -> list[str]:
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(table), _name(table))
        for table in tables
    )
    return [row[0] for row in admin.execute(asked).fetchall()] if tables else []


def _copy_out(admin: psycopg.Connection, table: str) -> bytes:
    with admin.cursor() as cursor, cursor.copy(sql.SQL("COPY {} TO STDOUT").format(_name(table))) as copy:
        return b"".join(bytes(part) for part in copy)


def _copy_in(admin: psycopg.Connection, table: str, rows: bytes) -> None:
    with admin.cursor() as cursor, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(_name(table))) as copy:
        copy.write(rows)
