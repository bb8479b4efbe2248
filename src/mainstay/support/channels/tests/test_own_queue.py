"""Mails of a customer's own queue: to its managers, to its portal users in its name, and back by reply (PPL-5)."""

from __future__ import annotations

import pytest

from mainstay.core.actor import Role, system_actor
from mainstay.core.events.actions import fact_of
from mainstay.core.events.models import Event
from mainstay.core.wall.scope import scope, sweep
from mainstay.people.messages.models import Delivery
from mainstay.people.messages.queries import visible_deliveries
from mainstay.people.tenants.models import Member, Tenant
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope, make_member, make_world
from mainstay.support.channels.actions.answer import confirm_opened, mail_replies
from mainstay.support.channels.actions.own_queue import tell_managers, tell_requester
from mainstay.support.channels.queries import visible_mails
from mainstay.support.channels.tests.make import NOW, raw_mail, receive
from mainstay.support.tickets.actions import escalate_ticket, give_ticket
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.tests.make import make_reply, make_ticket

pytestmark = pytest.mark.django_db
HANDLERS = (
    ("ticket.opened", confirm_opened),
    ("ticket.opened", tell_managers),
    ("ticket.replied", mail_replies),
    ("ticket.escalated", tell_requester),
)


@pytest.fixture
def world() -> World:
    world = make_world()
    with builders_scope():
        Tenant.objects.filter(id=world.acme.id).update(
            branding={"support_name": "Acme Help", "support_email": "help@acme.example"}
        )
    return world


def follow_up(tenant: Tenant) -> None:
    for name, handler in HANDLERS:
        with scope(system_actor(tenant.id)):
            if facts := [fact_of(row) for row in Event.objects.filter(name=name).order_by("n")]:
                handler(facts)


def sent(kind: str) -> dict[str, Delivery]:
    with sweep("send_mail"):
        return {one.email: one for one in Delivery.objects.filter(kind=kind)}


def test_managers_hear_of_it_and_the_operator_does_not(world: World) -> None:
    with builders_scope():
        berta: Member = make_member(world.acme, "Berta", Role.TENANT_ADMIN)
    ticket = make_ticket(world.clara, "The gate")
    follow_up(world.acme)
    asked = sent("ticket.asked")
    assert set(asked) == {world.ana.email, berta.email}
    assert "Clara asks you" in asked[berta.email].text
    with acting_as(world.max) as max_:
        assert not visible_deliveries(max_).filter(ticket_id=ticket.id).exists()
        assert not Delivery.objects.filter(ticket_id=ticket.id).exists()


def test_what_goes_to_a_portal_user_is_the_customers(world: World) -> None:
    ticket = make_ticket(world.clara, "The gate")
    make_reply(ticket, world.ana, "We look")
    with acting_as(world.ana) as ana:
        escalate_ticket(ana, ticket.id, at=NOW)
    make_reply(ticket, world.ari, "It is mended")
    follow_up(world.acme)
    for kind in ("ticket.confirmation", "ticket.message", "ticket.escalated"):
        mail = sent(kind)[world.clara.email]
        assert mail.headers["From"].startswith("Acme Help <"), kind
        assert "help@acme.example" in mail.text, kind
        assert "Mainstay" not in mail.text + mail.html, kind
        assert "first answer by" not in mail.text
    assert "on to the people who make the product" in sent("ticket.escalated")[world.clara.email].text
    assert "From" not in sent("ticket.message")[world.ana.email].headers


def test_their_words_go_to_whoever_works_on_it(world: World) -> None:
    ticket = make_ticket(world.clara, "The gate")
    with acting_as(world.ana) as ana:
        give_ticket(ana, ticket.id, world.felix.id, at=NOW)
    make_reply(ticket, world.clara, "Any news?")
    follow_up(world.acme)
    assert set(sent("ticket.message")) == {world.felix.email}


def test_by_mail_in_both_directions(world: World) -> None:
    mail = receive(raw_mail("Clara <clara@acme.example>", subject="The gate"))
    with sweep("demo"):
        ticket = Ticket.objects.get(id=mail.ticket_id)
    assert ticket.audience == "tenant"
    with acting_as(world.max) as max_:
        assert not visible_mails(max_).filter(id=mail.id).exists()
    follow_up(world.acme)
    there = sent("ticket.asked")[world.ana.email].headers["Reply-To"]
    answer = raw_mail("Ana <ana@acme.example>", subject="Re: The gate", body="We look")
    receive(answer, envelope_to=[there])
    with sweep("demo"):
        said = list(Message.objects.filter(ticket_id=ticket.id).order_by("created_at", "id"))
    assert [(one.sender, one.member_id) for one in said] == [
        ("customer", world.clara.id),
        ("agent", world.ana.id),
    ]
    with acting_as(world.ana) as ana:
        escalate_ticket(ana, ticket.id, at=NOW)
    with acting_as(world.max) as max_:
        assert visible_mails(max_).filter(id=mail.id).exists()
