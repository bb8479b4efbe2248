"""What is compiled once reads the same as what is built anew, for everybody."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mainstay.core.actor import Actor, ActorKind, system_actor
from mainstay.core.errors import Invalid, NotFound
from mainstay.core.pages import encode_cursor, read_cursor
from mainstay.core.wall.scope import scope
from mainstay.people.tenants.tests.make import World, actor_of, make_world, some_id
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.queries import (
    page_of_messages,
    page_of_tickets,
    ticket_row,
    visible_messages,
    visible_tickets,
)
from mainstay.support.tickets.queries.listing import TicketFilter
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket

pytestmark = pytest.mark.django_db
READ = frozenset({"tickets:read"})


@pytest.fixture
def world() -> World:
    return make_world()


def everybody(world: World) -> dict[str, Actor]:
    people = {name: actor_of(person) for name, person in {**world.members, **world.staff}.items()}
    return people | {
        "acme's key": Actor(ActorKind.TENANT_KEY, world.acme.id, some_id(), key_scopes=READ),
        "globex's key": Actor(ActorKind.TENANT_KEY, world.globex.id, some_id(), key_scopes=READ),
        "a key without scopes": Actor(ActorKind.TENANT_KEY, world.acme.id, some_id()),
        "the operator's key": Actor(ActorKind.OPERATOR_KEY, person_id=some_id(), key_scopes=READ),
        "the product": system_actor(world.acme.id),
    }


def test_tickets_and_messages(world: World) -> None:
    tickets = [make_ticket(person, is_platform_issue=True) for person in world.members.values()]
    for ticket in tickets:
        make_reply(ticket, world.ari)
        make_note(ticket, world.ari)
    seen_by_all = set()
    for _round in range(2):  # the second from what the first compiled
        for who, actor in everybody(world).items():
            for ticket in tickets:
                with scope(actor):
                    allowed = visible_tickets(actor).filter(id=ticket.id).exists()
                    try:
                        row = ticket_row(actor, ticket.id)
                    except NotFound:
                        assert not allowed, who
                        continue
                    assert allowed, who
                    seen_by_all.add((who, ticket.number))
                    assert (row.id, row.subject, row.status) == (ticket.id, ticket.subject, "in_progress")
                    assert row.requester_id == ticket.requester_id
                    found = page_of_messages(actor, ticket.tenant_id, ticket.id)
                    wanted = list(visible_messages(actor, ticket))
                    assert [m.id for m in found.rows] == [m.id for m in wanted]
                    assert [m.body for m in found.rows] == [m.body for m in wanted]
    assert {who for who, _number in seen_by_all} == {*everybody(world)} - {"a key without scopes"}
    assert {number for who, number in seen_by_all if who == "gus"} == {tickets[-1].number}


def test_the_list_says_what_the_single_ticket_says(world: World) -> None:
    make_ticket(world.ana)
    make_ticket(world.felix)
    for who, actor in everybody(world).items():
        with scope(actor):
            rows = page_of_tickets(actor, TicketFilter()).rows
            assert [ticket_row(actor, row.id) for row in rows] == list(rows), who


def test_a_page_is_one_query(world: World) -> None:
    for _ in range(5):
        make_ticket(world.ana)
    actor = actor_of(world.ari)
    with scope(actor):
        for limit in (2, 5):
            with CaptureQueriesContext(connection) as asked:
                assert len(page_of_tickets(actor, TicketFilter(), limit=limit).rows) == limit
            assert len(asked) == 1


@pytest.mark.parametrize("text", ["", "%%%", "bnVsbA", "e30", "W10", "WzEsMl0", "é", "a" * 3000, "W1td"])
def test_a_made_up_cursor(text: str) -> None:
    with pytest.raises(Invalid):
        read_cursor(text, Ticket, Message)


def test_a_cursor_comes_back() -> None:
    from uuid import UUID

    now, one = make_world().ana.created_at + timedelta(microseconds=1), some_id()
    assert read_cursor(encode_cursor([now, one]), type(now), UUID) == [now, one]
    assert read_cursor(encode_cursor([None, one]), type(now), UUID) == [None, one]
