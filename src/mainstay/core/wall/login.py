"""Which database login a process runs as, and the refusal of one that could step over the wall."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from mainstay.core.wall.roles import roles


class DangerousLogin(RuntimeError):
    pass


def refuse_dangerous_login() -> None:
    """Called at the start of every serving process: the login must not be able to bypass row security."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT current_user, rolsuper, rolbypassrls,
                   current_user = %(owner)s OR pg_has_role(current_user, %(owner)s, 'MEMBER')
            FROM pg_roles WHERE rolname = current_user
            """,
            {"owner": roles().owner},
        )
        login, is_super, bypasses, is_owner = cursor.fetchone()
    if is_super or bypasses or is_owner:
        raise DangerousLogin(
            f"The database login {login!r} is a superuser, may bypass row security, or owns the tables. "
            f"DATABASE_URL must name the login {roles().app!r}; migrations use DATABASE_OWNER_URL."
        )


@contextmanager
def as_owner() -> Iterator[None]:
    """For migrations: this process talks to the database as the owner meanwhile, then as the application again."""
    application = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(settings.MAINSTAY_OWNER_DATABASE)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(application)
