"""A statement that stays prepared on a connection keeps nothing of whoever ran it before (PPL-9)."""

import pytest

from mainstay.core.errors import NotFound
from mainstay.people.tenants.tests.make import Person, acting_as, make_world
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.queries import page_of_messages, page_of_tickets, ticket_row
from mainstay.support.tickets.queries.listing import TicketFilter
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket

pytestmark = pytest.mark.django_db
_OFTEN = 7
"""From the sixth run on PostgreSQL keeps one plan for all values."""


def test_roles_and_customers_take_turns_on_one_connection() -> None:
    world = make_world()
    acmes, globexs, claras = make_ticket(world.ana), make_ticket(world.gus), make_ticket(world.clara)
    for ticket, author in ((acmes, world.ana), (globexs, world.gus)):
        make_reply(ticket, author)
        make_note(ticket, world.ari)
    sees: list[tuple[Person, set[Ticket], int]] = [
        (world.ana, {acmes, claras}, 2),
        (world.gus, {globexs}, 2),
        (world.clara, {claras}, 1),
        (world.ari, {acmes, globexs}, 3),
        (world.felix, set(), 0),
    ]
    for _turn in range(_OFTEN):
        for person, theirs, words in sees:
            assert found(person, [acmes, globexs, claras]) == {t.id for t in theirs}, person
            assert most_words(person, theirs) == words, person


def found(person: Person, tickets: list[Ticket]) -> set[object]:
    with acting_as(person) as actor:
        listed = {row.id for row in page_of_tickets(actor, TicketFilter()).rows}
        one_by_one = set()
        for ticket in tickets:
            try:
                one_by_one.add(ticket_row(actor, ticket.id).id)
            except NotFound:
                continue
        assert listed == one_by_one
        return one_by_one


def most_words(person: Person, tickets: set[Ticket]) -> int:
    with acting_as(person) as actor:
        return max((len(page_of_messages(actor, t.tenant_id, t.id).rows) for t in tickets), default=0)
