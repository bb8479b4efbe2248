from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from mainstay.core.events.dispatch import follow_all
from mainstay.core.events.models import Event, Handled, Position
from mainstay.core.events.rebase import rebase_if_foreign
from mainstay.core.events.tests.conftest import Noting
from mainstay.core.events.tests.test_following import happen
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import BEGINNING as DAY
from mainstay.people.tenants.tests.make import World

FAR = 5_000_000_000
"""A number of a cluster that had done much more than this one."""


def come_from_elsewhere(admin: psycopg.Connection, *, shift: int = FAR) -> None:
    """What is there looks as after a restore from a cluster that counted higher."""
    move = "tx = ((tx::text::bigint + %s)::text)::xid8"
    admin.execute(f"UPDATE event SET {move}", [shift])
    admin.execute(f"UPDATE event_position SET {move}, cluster = 'another' WHERE tx > '0'", [shift])


@pytest.mark.parametrize("shift", [FAR, 100_000])
def test_after_a_restore_nothing_is_repeated_and_nothing_left_out(
    world: World, plug: Callable[..., None], admin_connection: psycopg.Connection, shift: int
) -> None:
    ahead, behind = Noting(), Noting()
    plug(ahead=ahead, behind=behind)
    happen(world.acme.id, 1, 2)
    follow_all(DAY)
    plug(ahead=ahead)
    happen(world.acme.id, 3)
    follow_all(DAY)
    happen(world.acme.id, 4)  # was not handled by anybody when the dump was taken
    come_from_elsewhere(admin_connection, shift=shift)
    happen(world.globex.id, 5)  # the restored installation is used before its worker starts
    plug(ahead=ahead, behind=behind)
    follow_all(DAY)
    happen(world.globex.id, 6)
    follow_all(DAY)
    assert sorted(ahead.numbers) == sorted(behind.numbers) == [1, 2, 3, 4, 5, 6]
    assert Handled.objects.count() == 0
    assert not rebase_if_foreign(at=DAY)


def test_what_overtook_its_number_is_not_handled_again(
    world: World, plug: Callable[..., None], admin_connection: psycopg.Connection
) -> None:
    """n = 2 was written by a later transaction than n = 3: read in the order 1, 3, 2, 4; the dump came after
    3. By number, the follower has handled 1 and 3."""
    noting = Noting()
    plug(it=noting)
    for number in (1, 2, 3, 4):
        happen(world.acme.id, number)
    follow_all(DAY)
    noting.facts.clear()
    with sweep("demo"):
        one, two, three, _four = Event.objects.order_by("n")
    admin_connection.execute(
        "UPDATE event SET tx = (SELECT max(tx::text::bigint) FROM event)::text::xid8 WHERE n = %s", [two.n]
    )
    admin_connection.execute(
        "UPDATE event_position SET tx = (SELECT tx FROM event WHERE n = %s), n = %s, top_n = %s",
        [three.n, three.n, three.n],
    )
    come_from_elsewhere(admin_connection)
    follow_all(DAY)
    assert sorted(noting.numbers) == [2, 4]
    assert Handled.objects.count() == 0
    assert one.n < two.n < three.n


def test_an_event_put_aside_stays_aside(
    world: World, plug: Callable[..., None], admin_connection: psycopg.Connection
) -> None:
    noting = Noting()

    def fail(facts: object) -> None:
        raise ValueError("no")

    plug(it=fail)
    happen(world.acme.id, 1)
    follow_all(DAY)
    come_from_elsewhere(admin_connection)
    plug(it=noting)
    follow_all(DAY)
    assert noting.numbers == []
    follow_all(Handled.objects.get().next_at)
    assert noting.numbers == [1]


def test_where_the_numbers_fit_nothing_is_touched(world: World, plug: Callable[..., None]) -> None:
    plug(it=Noting())
    happen(world.acme.id, 1)
    follow_all(DAY)
    before = list(Position.objects.values_list("follower", "tx", "n"))
    assert not rebase_if_foreign(at=DAY)
    assert list(Position.objects.values_list("follower", "tx", "n")) == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
        assert Position.objects.get().cluster == cursor.fetchone()[0]
