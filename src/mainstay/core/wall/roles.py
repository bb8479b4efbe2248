"""Database roles and the SQL that makes them. Roles are cluster-wide, so their prefix is a setting."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from psycopg import sql

SCOPES = ("tenant", "staff", "job", "sweep")


@dataclass(frozen=True, slots=True)
class Roles:
    prefix: str

    @property
    def owner(self) -> str:
        return f"{self.prefix}_owner"

    @property
    def app(self) -> str:
        return f"{self.prefix}_app"

    def scope(self, name: str) -> str:
        if name not in SCOPES:
            raise ValueError(f"no such scope: {name}")
        return f"{self.prefix}_{name}"


def roles() -> Roles:
    return Roles(settings.MAINSTAY_ROLE_PREFIX)


def setup_statements(
    names: Roles, *, database: str, owner_password: str, app_password: str, version: int
) -> list[str]:
    """What a superuser runs once. Idempotent; the database is created apart, by `create_database_statement`.

    `version` is the server's major version: since 16 the right to SET ROLE is a grant of its own.
    """
    out: list[str] = []
    for role, password in ((names.owner, owner_password), (names.app, app_password)):
        out.append(_make_role(role))
        out.append(
            _sql(
                "ALTER ROLE {} LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}",
                sql.Identifier(role),
                sql.Literal(password),
            )
        )
    for scope in SCOPES:
        role = names.scope(scope)
        out.append(_make_role(role))
        out.append(_sql("ALTER ROLE {} NOLOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS", sql.Identifier(role)))
        options = " WITH INHERIT FALSE, SET TRUE" if version >= 16 else ""
        out.append(_sql("GRANT {} TO {}" + options, sql.Identifier(role), sql.Identifier(names.app)))
    out.append(_sql("REVOKE ALL ON DATABASE {} FROM PUBLIC", sql.Identifier(database)))
    out.append(
        _sql("GRANT CONNECT ON DATABASE {} TO {}", sql.Identifier(database), sql.Identifier(names.app))
    )
    out.append(_sql("ALTER DATABASE {} OWNER TO {}", sql.Identifier(database), sql.Identifier(names.owner)))
    return out


def create_database_statement(names: Roles, database: str) -> str:
    return _sql(
        "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'",
        sql.Identifier(database),
        sql.Identifier(names.owner),
    )


def schema_statements(names: Roles) -> list[str]:
    """Run inside the database, by the superuser: who may use and who may make things in the schema."""
    out = [
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        _sql("ALTER SCHEMA public OWNER TO {}", sql.Identifier(names.owner)),
    ]
    for role in (names.app, *map(names.scope, SCOPES)):
        out.append(_sql("GRANT USAGE ON SCHEMA public TO {}", sql.Identifier(role)))
    return out


def _make_role(role: str) -> str:
    return _sql(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {}) THEN CREATE ROLE {}; END IF; END $$",
        sql.Literal(role),
        sql.Identifier(role),
    )


def _sql(template: str, *parts: sql.Composable) -> str:
    return sql.SQL(template).format(*parts).as_string(None)
