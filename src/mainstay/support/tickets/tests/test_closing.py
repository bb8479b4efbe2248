from __future__ import annotations

from datetime import timedelta

import pytest

from mainstay.core.events.tests.make import recorded
from mainstay.people.tenants.tests.make import BEGINNING, World, acting_as, make_world
from mainstay.support.tickets.actions import change_status, close_resolved
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Status
from mainstay.support.tickets.tests.make import make_reply, make_ticket

CLOSE_AFTER = timedelta(days=7)
RESOLVED_AT = BEGINNING + timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def resolve(world: World, ticket: Ticket) -> None:
    with acting_as(world.ari) as actor:
        change_status(actor, ticket.id, Status.RESOLVED, at=RESOLVED_AT)


def status_of(world: World, ticket: Ticket) -> str:
    with acting_as(world.ari):
        return Ticket.objects.get(id=ticket.id).status


def test_resolved_tickets_close_after_seven_days_of_silence(world: World) -> None:
    acmes, globexs = make_ticket(world.ana), make_ticket(world.gus)
    for ticket in (acmes, globexs):
        resolve(world, ticket)
    assert close_resolved(RESOLVED_AT + CLOSE_AFTER - timedelta(seconds=1)) == 0
    assert close_resolved(RESOLVED_AT + CLOSE_AFTER) == 2
    assert status_of(world, acmes) == status_of(world, globexs) == Status.CLOSED
    assert close_resolved(RESOLVED_AT + CLOSE_AFTER) == 0
    closed = [f for f in recorded("ticket.status_changed") if f.data["new"] == Status.CLOSED]
    assert {(f.tenant_id, f.actor_kind, f.data["reason"]) for f in closed} == {
        (world.acme.id, "system", "no_answer"),
        (world.globex.id, "system", "no_answer"),
    }


def test_a_customers_word_keeps_it_open(world: World) -> None:
    ticket = make_ticket(world.ana)
    resolve(world, ticket)
    make_reply(ticket, world.ana, at=RESOLVED_AT + timedelta(days=6))
    assert close_resolved(RESOLVED_AT + timedelta(days=30)) == 0
    assert status_of(world, ticket) == Status.OPEN


def test_no_more_than_asked_for_at_once(world: World) -> None:
    for _ in range(3):
        resolve(world, make_ticket(world.ana))
    at = RESOLVED_AT + CLOSE_AFTER
    assert [close_resolved(at, limit=2), close_resolved(at, limit=2), close_resolved(at, limit=2)] == [
        2,
        1,
        0,
    ]
