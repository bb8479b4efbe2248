from collections.abc import Callable

import psycopg
import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from playwright.sync_api import Page

from mainstay.project.testing.live_app import LiveApp
from tests.running.conftest import is_running


def count(connected: psycopg.Connection, table: str) -> int:
    row = connected.execute(f"select count(*) from {table}").fetchone()  # type: ignore[call-overload]
    assert row
    return int(row[0])


@pytest.mark.django_db
def test_tests_are_connected_as_the_application() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_user, rolsuper, rolbypassrls from pg_roles where rolname = current_user"
        )
        assert cursor.fetchone() == ("mainstay_app", False, False)


@pytest.mark.django_db
@pytest.mark.parametrize("_again", [1, 2])
def test_a_db_test_leaves_nothing(_again: int, admin_connection: psycopg.Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from django_session")
        assert cursor.fetchone() == (0,)
        cursor.execute("insert into django_session values ('k', 'd', now())")
    assert count(admin_connection, "django_session") == 0


@pytest.mark.parametrize("_again", [1, 2])
def test_a_committed_test_commits_and_is_undone(
    _again: int, committed: None, admin_connection: psycopg.Connection
) -> None:
    assert count(admin_connection, "django_session") == 0
    migrations = count(admin_connection, "django_migrations")
    assert migrations > 10
    with connection.cursor() as cursor:
        cursor.execute("insert into django_session values ('k', 'd', now())")
    assert count(admin_connection, "django_session") == 1
    admin_connection.execute("delete from django_migrations where app = 'sessions'")
    admin_connection.execute("insert into django_migrations (app, name, applied) values ('x', 'y', now())")


def test_seeded_rows_come_back_after_a_committed_test(admin_connection: psycopg.Connection) -> None:
    seeded = admin_connection.execute("select app from django_migrations where app in ('sessions', 'x')")
    assert set(seeded.fetchall()) == {("sessions",)}


def test_owner_and_admin(
    owner_connection: psycopg.Connection, database_address: Callable[[str], str]
) -> None:
    assert owner_connection.execute("select current_user").fetchone() == ("mainstay_owner",)
    with psycopg.connect(database_address("app")) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("create table mine ()")


def test_passwords_are_hashed_fast_in_tests() -> None:
    assert make_password("x").startswith("md5$")


def test_the_application_answers_in_a_browser(
    committed: None, live_app: LiveApp, page: Page, admin_connection: psycopg.Connection
) -> None:
    answer = page.goto("/no-such-page")
    assert answer
    assert answer.status == 404
    assert page.locator("h1").count() == 1
    assert count(admin_connection, "django_session") == 0
    with connection.cursor() as cursor:  # although the browser's event loop runs in this thread
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("mainstay_app",)
    assert is_running(live_app.process("web"))
