from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from mainstay.core.actor import system_actor
from mainstay.core.events.actions import record
from mainstay.core.events.dispatch import SWEEP, Follower, LeaseLost, follow_all
from mainstay.core.events.follow import (
    BEGINNING,
    Mark,
    events_after,
    is_settled,
    next_number,
    skip_to_present,
)
from mainstay.core.events.models import Event, Handled, Position
from mainstay.core.events.setting_aside import try_again
from mainstay.core.events.tests.conftest import Followed, Happened, Noting
from mainstay.core.events.types import Fact
from mainstay.core.events.wiring import because_of
from mainstay.core.ids import new_id
from mainstay.core.wall.scope import current_actor, operator_scope, scope, sweep
from mainstay.people.tenants.tests.make import BEGINNING as DAY
from mainstay.people.tenants.tests.make import World

Plug = Callable[..., None]


def happen(tenant_id: UUID | None, *numbers: int) -> None:
    actor = system_actor(tenant_id)
    with operator_scope(actor) if tenant_id is None else scope(actor):
        for number in numbers:
            record(actor, Happened(thing_id=new_id(), number=number), tenant_id=tenant_id, at=DAY)


def run_until_done(follower: Follower) -> None:
    """Once, as soon as the event is settled."""
    deadline = time.monotonic() + 20
    while not follower.run_due(DAY, 10):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def left_over() -> int:
    return Handled.objects.count()


def test_each_handler_gets_each_event_once_and_in_order(world: World, plug: Plug) -> None:
    first, second = Noting(), Noting()
    plug(first=first, second=second)
    happen(world.acme.id, 1, 2, 3)
    happen(world.globex.id, 4)
    assert follow_all(DAY) == 4
    assert follow_all(DAY) == 0
    assert first.numbers == second.numbers == [1, 2, 3, 4]
    assert first.batches == 2  # one for each tenant
    assert left_over() == 0


def test_a_handler_is_bound_to_the_events_tenant(world: World, plug: Plug) -> None:
    seen: list[UUID | None] = []

    def look(facts: Sequence[Fact]) -> None:
        actor = current_actor()
        assert actor
        seen.append(actor.tenant_id)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_setting('mainstay.tenant'), count(*) FROM member")
            role, tenant, _count = cursor.fetchone()
        assert (role, tenant) == ("mainstay_job", str(facts[0].tenant_id))

    plug(look=look)
    happen(world.acme.id, 1)
    happen(world.globex.id, 2)
    follow_all(DAY)
    assert seen == [world.acme.id, world.globex.id]
    assert left_over() == 0


def test_an_event_of_the_operators_own_is_handled_as_staff_would(world: World, plug: Plug) -> None:
    roles: list[str] = []

    def look(facts: Sequence[Fact]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            roles.append(cursor.fetchone()[0])

    plug(look=look)
    happen(None, 1)
    follow_all(DAY)
    assert roles == ["mainstay_staff"]


def test_what_follows_names_its_cause(world: World, plug: Plug) -> None:
    def follow(facts: Sequence[Fact]) -> None:
        for fact in facts:
            actor = because_of(fact)
            record(actor, Followed(thing_id=fact.subject_id), tenant_id=fact.tenant_id, at=DAY)

    plug(follow=follow)
    happen(world.acme.id, 1)
    follow_all(DAY)
    with sweep("demo"):
        cause, effect = Event.objects.order_by("n")
    assert (effect.name, effect.cause, effect.depth) == ("test.followed", cause.n, 1)


def test_one_failing_event_stops_neither_its_neighbours_nor_other_handlers(world: World, plug: Plug) -> None:
    bad = {2}
    fine, picky = Noting(), Noting()

    def refuse_bad(facts: Sequence[Fact]) -> None:
        for fact in facts:
            with connection.cursor() as cursor:  # something to undo
                cursor.execute("UPDATE member SET phone = phone || 'x'")
            if fact.data["number"] in bad:
                raise ValueError("not this one\nsecret second line")
        picky(facts)

    plug(fine=fine, picky=refuse_bad)
    happen(world.acme.id, 1, 2, 3)
    happen(world.globex.id, 4)
    follow_all(DAY)
    assert picky.numbers == [1, 3, 4]
    waiting = Handled.objects.get()
    assert (waiting.handler, waiting.attempts, waiting.error) == ("picky", 1, "ValueError: not this one")
    with sweep("demo"):
        world.ana.refresh_from_db()
    assert world.ana.phone == "xx"  # two events were kept, the failing one left nothing

    follow_all(DAY + timedelta(seconds=29))
    assert picky.numbers == [1, 3, 4]
    follow_all(DAY + timedelta(seconds=30))
    waiting.refresh_from_db()
    assert (waiting.attempts, waiting.next_at) == (2, DAY + timedelta(seconds=90))
    bad.clear()
    follow_all(DAY + timedelta(seconds=90))
    assert picky.numbers == [1, 3, 4, 2]
    assert fine.numbers.count(2) >= 1
    assert left_over() == 0


def test_it_is_given_up_visibly_and_can_be_tried_again(world: World, plug: Plug) -> None:
    calls = Noting()
    broken = True

    def fail(facts: Sequence[Fact]) -> None:
        calls(facts)
        if broken:
            raise RuntimeError("down")

    plug(fail=fail)
    happen(world.acme.id, 1)
    at = DAY
    for _ in range(30):
        follow_all(at)
        at += timedelta(days=1)
    row = Handled.objects.get()
    assert row.given_up_at is not None
    assert row.next_at is None
    assert len(calls.facts) == row.attempts == 12
    broken = False
    try_again(row.id, at=at)
    follow_all(at)
    assert left_over() == 0
    assert len(calls.facts) == 13


def test_a_batch_that_died_in_the_middle_is_finished_not_repeated(world: World, plug: Plug) -> None:
    noting = Noting()

    class Crash(BaseException):
        """Passes every `except Exception`, as the end of a process does."""

    def die_at_globex(facts: Sequence[Fact]) -> None:
        if facts[0].tenant_id == world.globex.id:
            raise Crash
        noting(facts)

    plug(it=die_at_globex)
    happen(world.acme.id, 1)
    happen(world.globex.id, 2)
    with pytest.raises(Crash):
        follow_all(DAY)
    assert left_over() == 1
    plug(it=noting)
    follow_all(DAY)
    assert noting.numbers == [1, 2]
    assert left_over() == 0


def test_a_new_handler_starts_at_the_present_unless_it_says_otherwise(world: World, plug: Plug) -> None:
    plug(old=Noting())
    happen(world.acme.id, 1)
    follow_all(DAY)
    old, new, thorough = Noting(), Noting(), Noting()
    plug(old=old, new=new, thorough=thorough, from_beginning=["thorough"])
    follow_all(DAY)
    happen(world.acme.id, 2)
    follow_all(DAY)
    assert (old.numbers, new.numbers, thorough.numbers) == ([2], [2], [1, 2])


def test_the_first_worker_of_an_installation_leaves_nothing_out(world: World, plug: Plug) -> None:
    noting = Noting()
    plug(it=noting)
    happen(world.acme.id, 1)
    follow_all(DAY)
    assert noting.numbers == [1]


def test_a_seeded_past_can_be_skipped(world: World, plug: Plug) -> None:
    noting = Noting()
    plug(it=noting)
    follow_all(DAY)
    happen(world.acme.id, 1)
    with sweep("demo"):
        skip_to_present()
    happen(world.acme.id, 2)
    follow_all(DAY)
    assert noting.numbers == [2]


def test_a_second_follower_stands_by_and_takes_over(
    world: World, plug: Plug, app_connection: psycopg.Connection, admin_connection: psycopg.Connection
) -> None:
    noting = Noting()
    plug(it=noting)
    happen(world.acme.id, 1)
    app_connection.execute("SELECT pg_advisory_lock(hashtext('mainstay.follow_events'))")
    follower = Follower()
    assert follower.run_due(DAY, 10) == 0
    assert noting.numbers == []
    app_connection.close()
    admin_connection.execute("SELECT 1")  # a round trip: the server has seen the other end go
    while not follower.lease.take():
        time.sleep(0.01)
    run_until_done(follower)
    assert noting.numbers == [1]


def test_losing_the_connection_loses_the_lease(
    world: World, plug: Plug, admin_connection: psycopg.Connection
) -> None:
    def cut(facts: Sequence[Fact]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            admin_connection.execute("SELECT pg_terminate_backend(%s)", [cursor.fetchone()[0]])
            cursor.execute("SELECT 1")

    plug(it=cut)
    happen(world.acme.id, 1)
    follower = Follower()
    with pytest.raises(LeaseLost):
        run_until_done(follower)
    assert left_over() == 0  # not a failure of the handler
    noting = Noting()
    plug(it=noting)
    run_until_done(follower)
    assert noting.numbers == [1]


def test_nothing_is_lost_while_many_write_and_commit_late(world: World, plug: Plug) -> None:
    """Writers take numbers in one order and commit in another; the follower reads all the while."""
    noting = Noting()
    plug(it=noting)
    follow_all(DAY)
    rounds, writers = 40, 6

    def write(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for i in range(rounds):
                actor = system_actor(world.acme.id if chance.random() < 0.5 else world.globex.id)
                with scope(actor):
                    for j in range(chance.randint(1, 3)):
                        happened = Happened(thing_id=new_id(), number=seed * 10_000 + i * 10 + j)
                        record(actor, happened, tenant_id=actor.tenant_id, at=DAY)
                        time.sleep(chance.random() * 0.003)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(writers)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        follow_all(DAY, limit=7)
    follow_all(DAY)
    with sweep("demo"):
        written = sorted(row.data["number"] for row in Event.objects.filter(name="test.happened"))
    assert len(written) >= rounds * writers
    assert sorted(noting.numbers) == written
    for tenant in (world.acme.id, world.globex.id):  # each writer's events in the order it wrote them
        for seed in range(writers):
            mine = [
                f.data["number"]
                for f in noting.facts
                if f.tenant_id == tenant and f.data["number"] // 10_000 == seed
            ]
            assert mine == sorted(mine)


def test_reading_goes_on_from_a_mark(world: World) -> None:
    happen(world.acme.id, 1, 2, 3)
    until = next_number()
    while not is_settled(until):
        time.sleep(0.01)
    with sweep(SWEEP):
        facts, mark = events_after(BEGINNING, 2)
        rest, end = events_after(mark, 2)
        assert [f.data["number"] for f in facts + rest] == [1, 2, 3]
        assert events_after(end, 2) == ([], end)
        assert isinstance(mark, Mark)


def test_positions_are_kept_for_each_follower(world: World, plug: Plug) -> None:
    plug(one=Noting(), two=Noting())
    happen(world.acme.id, 1)
    follow_all(DAY)
    top = {row.follower: row.top_n for row in Position.objects.all()}
    with sweep("demo"):
        last = Event.objects.latest("n").n
    assert top == {"one": last, "two": last}


def test_another_databases_transactions_hold_nothing_back(
    world: World, plug: Plug, database_address: Callable[[str], str]
) -> None:
    """Numbers are the cluster's; what is open elsewhere cannot write here. What is open here can."""
    noting = Noting()
    plug(it=noting)
    follow_all(DAY)
    elsewhere = database_address("postgres").replace(connection.settings_dict["NAME"], "postgres")
    with psycopg.connect(elsewhere) as other:
        other.execute("SELECT pg_current_xact_id()")
        happen(world.acme.id, 1)
        follow_all(DAY)
        assert noting.numbers == [1]
    with psycopg.connect(database_address("postgres")) as here:
        here.execute("SELECT pg_current_xact_id()")
        happen(world.acme.id, 2)
        follower = Follower()
        assert follower.run_due(DAY, 10) == 0
        here.rollback()
        run_until_done(follower)
    assert noting.numbers == [1, 2]
