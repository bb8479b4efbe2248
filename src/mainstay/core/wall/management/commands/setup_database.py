"""Print, or run as a superuser, the SQL that makes Mainstay's roles and its database."""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mainstay.core.wall.roles import create_database_statement, roles, schema_statements, setup_statements


class Command(BaseCommand):
    help = "Print the SQL for roles and database; with --run SUPERUSER_URL, run it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--run", metavar="SUPERUSER_URL", default="")
        parser.add_argument(
            "--server-version", type=int, default=16, help="major version, when only printing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = roles()
        database, app_password = _target("DATABASE_URL", settings.DATABASES["default"], names.app)
        _, owner_password = _target("DATABASE_OWNER_URL", settings.MAINSTAY_OWNER_DATABASE, names.owner)
        if options["run"]:
            set_up(options["run"], database, owner_password=owner_password, app_password=app_password)
            self.stdout.write(f"Roles and database {database} are ready.")
            return
        statements = setup_statements(
            names,
            database=database,
            owner_password=owner_password,
            app_password=app_password,
            version=options["server_version"],
        )
        for statement in statements:
            if " DATABASE " not in statement:
                self.stdout.write(statement + ";")
        self.stdout.write(create_database_statement(names, database) + ";")
        for statement in statements:
            if " DATABASE " in statement:
                self.stdout.write(statement + ";")
        self.stdout.write(f'\\connect "{database}"')
        for statement in schema_statements(names):
            self.stdout.write(statement + ";")


def _target(setting: str, config: dict[str, Any], role: str) -> tuple[str, str]:
    """Database and password that the setting names for the role."""
    if not config["NAME"]:
        raise CommandError(
            f"{setting} is missing: this command makes the database and the logins named there"
        )
    if config["USER"] != role:
        raise CommandError(
            f"{setting} names the user {config['USER']!r}, but with MAINSTAY_ROLE_PREFIX it must be {role!r}"
        )
    if not config["PASSWORD"]:
        raise CommandError(f"{setting} has no password; choose one, the role is made with it")
    return config["NAME"], config["PASSWORD"]


def set_up(superuser_url: str, database: str, *, owner_password: str, app_password: str) -> None:
    """Idempotent: make roles and database where missing, and bring their rights to what they should be."""
    names = roles()
    with psycopg.connect(superuser_url, autocommit=True) as server:
        version = server.info.server_version // 10_000
        statements = setup_statements(
            names,
            database=database,
            owner_password=owner_password,
            app_password=app_password,
            version=version,
        )
        ownerless = [s for s in statements if " DATABASE " not in s]
        for statement in ownerless:
            server.execute(statement)
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            server.execute(create_database_statement(names, database))
        for statement in statements:
            if statement not in ownerless:
                server.execute(statement)
    with psycopg.connect(superuser_url, dbname=database, autocommit=True) as inside:
        for statement in schema_statements(names):
            inside.execute(statement)
