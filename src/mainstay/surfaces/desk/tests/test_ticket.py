"""The ticket page: reading, writing, changing; who may do what; what does not survive."""

import pytest
from django.test import Client

from mainstay.people.tenants.tests.make import World, make_world, sign_in
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def desk(client: Client, world: World) -> Client:
    return sign_in(client, world.ari)


def test_a_page_of_everything(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana, "Cannot export")
    make_reply(ticket, world.ari, "**Look** here")
    make_note(ticket, world.eve, "Between us")
    answer = desk.get(f"/desk/tickets/{ticket.number}")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<strong>Look</strong> here" in text
    assert "Between us" in text
    assert "Ari took" not in text


def test_a_reply_is_stored_and_sent_on(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    answer = desk.post(
        f"/desk/tickets/{ticket.number}/write", {"kind": "reply", "body": "Try again now.", "seen": "1"}
    )
    assert answer.status_code == 302, answer.content.decode()
    assert "Try again now." in desk.get(f"/desk/tickets/{ticket.number}").content.decode()
