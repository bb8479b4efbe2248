"""Events become deliveries: each once, to whom it concerns, and to nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection

from mainstay.core import clock
from mainstay.core.events.retention import forget_followers
from mainstay.integrations.webhooks.actions import FOLLOWER, collect, switch_endpoint
from mainstay.integrations.webhooks.tests.make import deliveries, fresh, make_endpoint
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope, make_world
from mainstay.support.sla.tests.make import install
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket


@pytest.fixture
def world(committed: None) -> Iterator[World]:
    install()
    return make_world()


def drain(at: datetime | None = None) -> int:
    total = 0
    while count := collect(at or clock.now(), 100):
        total += count
    return total


def told(endpoint: object) -> list[str]:
    return [row.name for row in deliveries() if row.endpoint_id == endpoint.id]


def test_each_side_hears_what_it_may(world: World) -> None:
    now = clock.now()
    acme, _s = make_endpoint(world.ana, at=now)
    globex, _s = make_endpoint(world.gus, at=now)
    operator, _s = make_endpoint(world.max, at=now)
    only_replies, _s = make_endpoint(world.ana, "", "ticket.replied", at=now)
    ticket = make_ticket(world.ana, at=now)
    make_note(ticket, world.max, at=now)
    make_reply(ticket, world.ari, at=now)
    theirs = make_ticket(world.gus, at=now)
    drain()
    assert "ticket.noted" in told(operator)
    assert "ticket.noted" not in told(acme)
    assert told(only_replies) == ["ticket.replied"]
    assert {"ticket.opened", "ticket.replied"} <= set(told(acme))
    by_ticket = {
        row.endpoint_id: {
            json.loads(row.body)["subject"]["id"] for row in deliveries() if row.endpoint_id == e.id
        }
        for e in (acme, globex, operator)
        for row in deliveries()
        if row.endpoint_id == e.id
    }
    assert str(theirs.id) not in by_ticket[acme.id]
    assert str(ticket.id) not in by_ticket[globex.id]
    assert {str(theirs.id), str(ticket.id)} <= by_ticket[operator.id]
    assert all(row.tenant_id in (None, world.acme.id, world.globex.id) for row in deliveries())


def test_nothing_twice_and_nothing_from_before(world: World) -> None:
    before = clock.now()
    make_ticket(world.ana, at=before)
    endpoint, _s = make_endpoint(world.ana, "", "ticket.opened", at=clock.now())
    make_ticket(world.ana, at=clock.now())
    drain()
    assert drain() == 0
    with connection.cursor() as cursor:  # a follower that was set back reads everything again
        cursor.execute("UPDATE event_position SET tx = '0', n = 0 WHERE follower = %s", [FOLLOWER])
    drain()
    assert told(endpoint) == ["ticket.opened"]


def test_without_endpoints_nothing_is_read_and_retention_is_not_held_back(world: World) -> None:
    make_ticket(world.ana)
    now = clock.now()
    assert collect(now, 100) == 0
    assert collect(now + timedelta(minutes=2), 100) == 0
    with builders_scope(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM event e, event_position p WHERE p.follower = %s AND (e.tx, e.n) > (p.tx, p.n)",
            [FOLLOWER],
        )
        assert cursor.fetchone()[0] == 0
    assert deliveries() == []


def test_the_position_survives_the_tidying_of_followers(world: World) -> None:
    from mainstay.project.schedules import forget

    collect(clock.now(), 1)
    forget(clock.now() + timedelta(days=90))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM event_position WHERE follower = %s", [FOLLOWER])
        assert cursor.fetchone()[0] == 1
    assert forget_followers([], at=clock.now() + timedelta(days=90)) >= 1  # it is the list that keeps it


def test_off_collects_nothing_failing_holds(world: World) -> None:
    off, _s = make_endpoint(world.ana, "", "ticket.opened", at=clock.now())
    failing, _s = make_endpoint(world.ana, "", "ticket.opened", at=clock.now())
    with acting_as(world.ana) as actor:
        switch_endpoint(actor, off.id, on=False, at=clock.now())
        type(failing).objects.filter(id=failing.id).update(state="failing")
    make_ticket(world.ana, at=clock.now())
    drain()
    [row] = deliveries()
    assert (row.endpoint_id, row.state, row.next_at) == (failing.id, "held", None)
    with acting_as(world.ana) as actor:
        switch_endpoint(actor, failing.id, on=True, at=clock.now())
        switch_endpoint(actor, off.id, on=True, at=clock.now())
    assert fresh(row).state == "queued"
    drain()
    assert len(deliveries()) == 1  # what happened while it was off stays unheard
