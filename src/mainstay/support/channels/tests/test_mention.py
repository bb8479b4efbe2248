"""TKT-2: staff who are called by name in a note hear of it; customers never do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.actor import system_actor
from mainstay.core.events.tests.make import recorded
from mainstay.core.wall.scope import scope, sweep
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.tests.make import World, make_world
from mainstay.support.channels.actions.mention import mail_mentions
from mainstay.support.tickets.rules import mentioned_names
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("@eve please look", {"eve"}),
        ("Ask @Eve, or @max.brandt.", {"eve", "max.brandt"}),
        ("write to ana@acme.example", set()),
        ("@ alone, @@eve and a@b", set()),
    ],
)
def test_names_are_read_out_of_a_note(body: str, names: set[str]) -> None:
    assert mentioned_names(body) == names


@given(st.text())
def test_any_text_can_be_read(body: str) -> None:
    assert all(name == name.casefold() and "@" not in name for name in mentioned_names(body))


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def mentions() -> dict[str, Delivery]:
    with sweep("send_mail"):
        return {d.email: d for d in Delivery.objects.filter(kind="ticket.mention")}


def follow_up(world: World) -> None:
    facts = recorded("ticket.noted")
    with scope(system_actor(world.acme.id)):
        mail_mentions(facts)


def test_who_is_called_by_name_gets_the_note_and_a_link(world: World) -> None:
    ticket = make_ticket(world.ana)
    make_note(ticket, world.ari, "@Eve, can you reproduce it? @ari is on it. @nobody")
    follow_up(world)
    follow_up(world)
    (mail,) = mentions().values()
    assert mail.email == world.eve.email
    assert "can you reproduce it?" in mail.text
    assert f"/desk/tickets/{ticket.number}#m-" in mail.text
    assert "Reply-To" not in mail.headers


def test_a_name_in_a_public_reply_calls_nobody(world: World) -> None:
    ticket = make_ticket(world.ana)
    make_reply(ticket, world.ari, "@Eve will call you.")
    make_note(ticket, world.ari, "no name here")
    follow_up(world)
    assert mentions() == {}
