from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, ProgrammingError, connection, transaction

from mainstay.core.actor import Actor, ActorKind, system_actor
from mainstay.core.errors import Conflict
from mainstay.core.events import wiring
from mainstay.core.events.actions import record
from mainstay.core.events.models import Event
from mainstay.core.events.tests.conftest import Happened
from mainstay.core.ids import new_id
from mainstay.core.wall.login import DangerousLogin, refuse_dangerous_login
from mainstay.core.wall.scope import SwallowedError, current_actor, operator_scope, scope, sweep
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import BEGINNING, World, actor_of, make_world
from mainstay.project.wiring import plug_in


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


def state() -> tuple[str, str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, coalesce(current_setting('mainstay.tenant', true), ''), "
            "current_setting('statement_timeout')"
        )
        return cursor.fetchone()


def name_of(world: World) -> str:
    with sweep("demo"):
        return Member.objects.get(id=world.ana.id).name


def rename(world: World, name: str) -> None:
    Member.objects.filter(id=world.ana.id).update(name=name)


OUTSIDE = ("mainstay_app", "", "0")


def test_inside_it_is_the_role_and_the_tenant_and_outside_neither(world: World) -> None:
    assert state() == OUTSIDE
    for actor, role, tenant in (
        (actor_of(world.ana), "mainstay_tenant", str(world.acme.id)),
        (actor_of(world.ari), "mainstay_staff", ""),
        (system_actor(world.globex.id), "mainstay_job", str(world.globex.id)),
    ):
        with scope(actor, timeout_ms=1234):
            assert state() == (role, tenant, "1234ms")
            assert current_actor() is actor
        assert state() == OUTSIDE
        assert current_actor() is None


def test_a_raise_after_a_write_leaves_nothing(world: World) -> None:
    def change() -> None:
        with scope(actor_of(world.ana)):
            rename(world, "Changed")
            raise Conflict

    with pytest.raises(Conflict):
        change()
    assert name_of(world) == "Ana"
    assert state() == OUTSIDE


def test_a_scope_in_a_scope_is_refused(world: World) -> None:
    def nest() -> None:
        with scope(actor_of(world.ana)):
            rename(world, "Changed")
            with sweep("demo"):
                pass

    with pytest.raises(RuntimeError, match="already open"):
        nest()
    assert name_of(world) == "Ana"
    assert current_actor() is None


def test_a_scope_inside_another_transaction_is_refused(world: World) -> None:
    """Its commit would not be one."""
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"), scope(actor_of(world.ana)):
        pass


def test_a_slow_statement_is_ended(world: World) -> None:
    def wait() -> None:
        with scope(actor_of(world.ana), timeout_ms=50), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(10)")

    with pytest.raises(OperationalError, match="statement timeout"):
        wait()
    assert state() == OUTSIDE


def test_a_swallowed_database_error_commits_nothing_and_says_so(world: World) -> None:
    def change() -> None:
        with scope(actor_of(world.ana)):
            rename(world, "Half")
            try:
                with transaction.atomic(savepoint=False):
                    Member.objects.create(id=world.felix.id, tenant_id=world.acme.id, created_at=BEGINNING)
            except IntegrityError:
                pass

    with pytest.raises(SwallowedError):
        change()
    assert name_of(world) == "Ana"


def test_an_error_in_a_handler_undoes_the_action_though_somebody_catches_it(world: World) -> None:
    def fail(actor: Actor, happening: object, fact: object) -> None:
        raise Conflict

    def change() -> None:
        with scope(actor_of(world.ana)) as actor:
            rename(world, "Half")
            try:
                record(actor, Happened(new_id(), 1), tenant_id=world.acme.id, at=BEGINNING)
            except Conflict:
                pass

    wiring.plug({Happened: [fail]}, [])
    try:
        with pytest.raises(SwallowedError):
            change()
    finally:
        plug_in()
    assert name_of(world) == "Ana"
    with sweep("demo"):
        assert not Event.objects.exists()


def test_an_undone_savepoint_is_no_swallowed_error(world: World) -> None:
    def attempt() -> None:
        with transaction.atomic():
            rename(world, "Tried")
            raise Conflict

    with scope(actor_of(world.ana)):
        try:
            attempt()
        except Conflict:
            rename(world, "Changed")
    assert name_of(world) == "Changed"


def test_outside_a_scope_there_is_nothing_to_read(world: World) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        Member.objects.count()


def test_who_may_open_what() -> None:
    with pytest.raises(ValueError, match="named sweep"), scope(system_actor()):
        pass
    with pytest.raises(ValueError, match="without a tenant"), scope(Actor(ActorKind.MEMBER)):
        pass
    with pytest.raises(ValueError, match="not a named sweep"), sweep("whatever"):
        pass
    with pytest.raises(ValueError, match="only a system actor"), operator_scope(system_actor(new_id())):
        pass


@pytest.mark.django_db
def test_in_a_tests_own_transaction_the_role_is_given_back() -> None:
    world = make_world()
    with scope(actor_of(world.ana)):
        pass
    assert state()[:2] == OUTSIDE[:2]
    with pytest.raises(Conflict), scope(actor_of(world.ana)):
        raise Conflict
    assert state()[:2] == OUTSIDE[:2]


def test_lookups_cannot_be_shadowed(
    world: World, admin_connection: psycopg.Connection, database_address: Callable[[str], str]
) -> None:
    """Neither by a schema that comes first on the caller's path, nor by a temporary table."""
    admin_connection.execute("CREATE SCHEMA evil")
    try:
        admin_connection.execute("CREATE TABLE evil.api_key AS SELECT * FROM public.api_key LIMIT 0")
        admin_connection.execute("GRANT USAGE ON SCHEMA evil TO mainstay_app")
        admin_connection.execute("GRANT SELECT ON evil.api_key TO PUBLIC")
        admin_connection.execute(
            "INSERT INTO evil.api_key (id, tenant_id, name, key_hash) VALUES (%s, %s, 'evil', 'known')",
            [new_id(), world.acme.id],
        )
        admin_connection.execute("CREATE TEMP TABLE api_key AS SELECT * FROM evil.api_key")
        admin_connection.execute("SET search_path = pg_temp, evil, public")
        assert admin_connection.execute("SELECT count(*) FROM api_key").fetchone() == (1,)
        assert admin_connection.execute("SELECT count(*) FROM public.find_key('known')").fetchone() == (0,)
        with psycopg.connect(database_address("app"), autocommit=True) as app:
            app.execute("SET search_path = evil, public")
            assert app.execute("SELECT count(*) FROM public.find_key('known')").fetchone() == (0,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("CREATE TEMP TABLE api_key (id int)")
    finally:
        admin_connection.execute("DROP SCHEMA evil CASCADE")


def test_the_applications_login_becomes_its_scopes_and_nobody_else(
    committed: None, app_connection: psycopg.Connection
) -> None:
    for role in ("mainstay_tenant", "mainstay_staff", "mainstay_job", "mainstay_sweep"):
        app_connection.execute(f"SET ROLE {role}".encode())
        app_connection.execute("RESET ROLE")
    for role in ("mainstay_owner", "postgres"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_connection.execute(f"SET ROLE {role}".encode())


def test_a_login_that_could_step_over_the_wall_is_refused(
    committed: None, admin_connection: psycopg.Connection, database_address: Callable[[str], str]
) -> None:
    refuse_dangerous_login()
    made = dict.fromkeys(("almost_owner", "almost_super"))
    admin_connection.execute("CREATE ROLE almost_owner LOGIN PASSWORD 'x' IN ROLE mainstay_owner")
    admin_connection.execute("CREATE ROLE almost_super LOGIN PASSWORD 'x' BYPASSRLS")
    database = settings.DATABASES["default"]["NAME"] or connection.settings_dict["NAME"]
    before = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    try:
        admin_connection.execute(
            f'GRANT CONNECT ON DATABASE "{database}" TO almost_super, almost_owner'.encode()
        )
        for login in made:
            connection.close()
            connection.settings_dict.update(USER=login, PASSWORD="x")
            with pytest.raises(DangerousLogin, match=login):
                refuse_dangerous_login()
    finally:
        connection.close()
        connection.settings_dict.update(before)
        admin_connection.execute(
            f'REVOKE ALL ON DATABASE "{database}" FROM almost_super, almost_owner'.encode()
        )
        for login in made:
            admin_connection.execute(f"DROP ROLE {login}".encode())
