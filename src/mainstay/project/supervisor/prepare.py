"""Brings database and files to this release before the processes start. Safe to run again at every start."""

import argparse
import sys
from pathlib import Path

import django


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="prepare")
    parser.add_argument("purpose", choices=["demo", "serve"])
    parser.add_argument("--embedded", type=Path, help="home of the embedded database")
    parser.add_argument("--database-only", action="store_true")
    given = parser.parse_args(arguments)
    django.setup()
    from django.core.management import call_command

    from mainstay.project.static_files import collect_static
    from mainstay.project.translations import compile_messages

    if given.embedded:
        set_up_embedded(given.embedded)
    sys.stdout.write("bringing the database to this release …\n")
    call_command("migrate", verbosity=0, interactive=False)
    if given.database_only:
        return 0
    if not given.embedded:
        check_external_limit()
    compile_messages()
    collect_static()
    if given.purpose == "demo":
        call_command("make_demo")
    else:
        call_command("install_presets", verbosity=0)
        say_first_step()
    return 0


def say_first_step() -> None:
    """Where the first administrator is made, as long as there is none."""
    from mainstay.people.access.first_admin import setup_address

    if address := setup_address():
        sys.stdout.write(f"nobody administers this installation yet; make the first account at {address}\n")


def set_up_embedded(home: Path) -> None:
    from mainstay.core.wall.management.commands.setup_database import set_up
    from mainstay.core.wall.roles import roles
    from mainstay.project.supervisor.database import DATABASE
    from mainstay.project.supervisor.embedded import SUPERUSER, Embedded

    embedded, names = Embedded(home), roles()
    set_up(
        embedded.address(SUPERUSER, SUPERUSER),
        DATABASE,
        owner_password=embedded.password(names.owner),
        app_password=embedded.password(names.app),
    )


def check_external_limit() -> None:
    """Says the connection budget; too small a server is refused now instead of failing under load."""
    from django.db import connection

    from mainstay.project.options import options
    from mainstay.project.supervisor.budget import budget
    from mainstay.project.supervisor.spawning import SetupError

    needed = budget(options())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setting::int FROM pg_settings "
            "WHERE name IN ('max_connections', 'superuser_reserved_connections') ORDER BY name"
        )
        most, reserved = (int(row[0]) for row in cursor.fetchall())
    limit = most - reserved
    sys.stdout.write(needed.sentence(limit) + "\n")
    if needed.total > limit:
        raise SetupError(
            f"the database server allows {limit} connections, {needed.total} are needed: raise its "
            "max_connections, or lower MAINSTAY_WEB_PROCESSES, MAINSTAY_WEB_THREADS "
            "or MAINSTAY_WORKER_CONCURRENCY"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
