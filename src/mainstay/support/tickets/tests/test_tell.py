"""Who hears of what happens to tickets (PPL-13, TKT-2), and that nobody else does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.actor import Role, system_actor
from mainstay.core.events.tests.make import recorded
from mainstay.core.events.types import Fact
from mainstay.core.wall.scope import scope, sweep
from mainstay.people.messages.models import Delivery, Notice, StaffNotice, StaffNoticeChoices
from mainstay.people.messages.notices import Channel
from mainstay.people.messages.notices.choosing import set_wishes
from mainstay.people.messages.notices.mailing import mail_due
from mainstay.people.messages.notices.reading import page_of_notices
from mainstay.people.tenants.tests.make import World, acting_as, make_world
from mainstay.support.channels.actions.answer import mail_replies
from mainstay.support.tickets.actions import assign_ticket, change_status, escalate_ticket, share_ticket, tell
from mainstay.support.tickets.rules import Status, mentioned_names
from mainstay.support.tickets.tests.make import OPENED_AT, make_note, make_reply, make_ticket


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


def follow(world: World, name: str, handler: Callable[[Sequence[Fact]], None]) -> None:
    """Twice, as after a crash."""
    facts = recorded(name)
    for _ in range(2):
        with scope(system_actor(world.acme.id)):
            handler(facts)


def told() -> set[tuple[str, Any]]:
    with sweep("send_notices"):
        return {(n.kind, n.member_id) for n in Notice.objects.all()} | {
            (n.kind, n.staff_id) for n in StaffNotice.objects.all()
        }


def mailed() -> dict[str, Delivery]:
    mail_due(OPENED_AT + timedelta(days=300), 100)
    with sweep("send_mail"):
        return {d.email: d for d in Delivery.objects.all()}


def test_who_is_called_by_name_gets_the_note_and_a_link(world: World) -> None:
    ticket = make_ticket(world.ana)
    make_note(ticket, world.ari, "@Eve, can you reproduce it? @nobody")
    follow(world, "ticket.noted", tell.tell_mentioned)
    (mail,) = mailed().values()
    assert (mail.email, mail.ticket_id, mail.ticket_number) == (world.eve.email, ticket.id, ticket.number)
    assert "can you reproduce it?" in mail.text
    assert f"/desk/tickets/{ticket.number}#m-" in mail.text
    assert "Reply-To" not in mail.headers
    with sweep("send_notices"):
        assert "reproduce" not in str(StaffNotice.objects.get().params)  # the note keeps its own words


def test_a_name_in_a_public_reply_calls_nobody(world: World) -> None:
    ticket = make_ticket(world.ana)
    make_reply(ticket, world.ari, "@Eve will call you.")
    make_note(ticket, world.ari, "no name here")
    follow(world, "ticket.noted", tell.tell_mentioned)
    assert told() == set()


def test_who_is_assigned_hears_of_it_unless_they_took_it(world: World) -> None:
    mine, given_ = make_ticket(world.ana), make_ticket(world.ana)
    with acting_as(world.ari) as ari:
        assign_ticket(ari, mine.id, world.ari.id, at=OPENED_AT)
        assign_ticket(ari, given_.id, world.eve.id, at=OPENED_AT)
    follow(world, "ticket.assigned", tell.tell_assigned)
    assert told() == {("ticket.assigned", world.eve.id)}
    assert mailed()[world.eve.email].subject == f"Ari assigned you #{given_.number}: {given_.subject}"


def test_new_tickets_are_told_to_who_asked_for_it(world: World) -> None:
    make_ticket(world.ana)
    follow(world, "ticket.opened", tell.tell_opened)
    assert told() == set()
    with sweep("demo"):
        StaffNoticeChoices.objects.create(staff=world.ari, choices={"ticket.opened": "in_app"})
    follow(world, "ticket.opened", tell.tell_opened)
    assert told() == {("ticket.opened", world.ari.id)}


def test_solved_and_shared(world: World) -> None:
    ticket = make_ticket(world.ana)
    with acting_as(world.ana) as ana:
        share_ticket(ana, ticket.id, member_id=world.felix.id, at=OPENED_AT)
    with acting_as(world.ari) as ari:
        change_status(ari, ticket.id, Status.RESOLVED, at=OPENED_AT)
    follow(world, "ticket.shared", tell.tell_shared)
    follow(world, "ticket.status_changed", tell.tell_done)
    assert told() == {
        ("ticket.shared", world.felix.id),
        ("ticket.status_changed", world.ana.id),
        ("ticket.status_changed", world.felix.id),
    }
    assert set(mailed()) == {world.felix.email}
    with acting_as(world.felix) as felix:
        texts = {notice.text for notice in page_of_notices(felix).rows}
    assert f"#{ticket.number} is now “Solved”: {ticket.subject}" in texts


@pytest.mark.parametrize("channel", Channel)
def test_conversations_go_by_mail_to_whoever_chose_that(world: World, channel: Channel) -> None:
    ticket = make_ticket(world.ana)
    with acting_as(world.ana) as ana:
        set_wishes(ana, rhythm="daily", channels={"ticket.answered": channel})
    make_reply(ticket, world.ari, "Here you are.")
    follow(world, "ticket.replied", mail_replies)
    assert told() == (set() if channel is Channel.OFF else {("ticket.answered", world.ana.id)})
    kinds = {mail.kind for mail in mailed().values()}
    assert (
        kinds
        == {
            Channel.OFF: set(),
            Channel.IN_APP: set(),
            Channel.DIGEST: {"notices.digest"},
            Channel.EMAIL: {"ticket.message"},
        }[channel]
    )


def test_whoever_never_signs_in_goes_on_getting_mails(world: World) -> None:
    with sweep("demo"):
        type(world.clara).objects.filter(id=world.felix.id).update(joined_at=None, role=Role.CONTACT)
    ticket = make_ticket(world.felix)
    make_reply(ticket, world.ari, "Here you are.")
    follow(world, "ticket.replied", mail_replies)
    assert told() == set()
    assert {mail.kind for mail in mailed().values()} == {"ticket.message"}


def test_the_desk_hears_what_a_customer_passes_on(world: World) -> None:
    ticket = make_ticket(world.clara, "The portal is empty", at=OPENED_AT)
    with acting_as(world.ana) as ana:
        escalate_ticket(ana, ticket.id, at=OPENED_AT)
    follow(world, "ticket.escalated", tell.tell_escalated)
    assert told() == {("ticket.escalated", world.ari.id), ("ticket.escalated", world.max.id)}
    with acting_as(world.ari) as ari:
        [shown] = page_of_notices(ari).rows
    assert shown.text == f"Ana passed P3 ticket #{ticket.number} on: The portal is empty"
