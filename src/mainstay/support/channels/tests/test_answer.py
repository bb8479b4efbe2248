"""TKT-6: a confirmation in the requester's language, each public reply to those on the ticket, nobody to machines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from mainstay.core.actor import Role, system_actor
from mainstay.core.events.actions import fact_of
from mainstay.core.events.models import Event
from mainstay.core.wall.scope import scope, sweep
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.actions import change_role
from mainstay.people.tenants.models import Tenant
from mainstay.people.tenants.tests.make import World, acting_as, make_world
from mainstay.support.channels.actions.answer import confirm_opened, mail_replies
from mainstay.support.channels.mime.tokens import read_reply_token
from mainstay.support.channels.rules import MAILED_BYTES
from mainstay.support.channels.tests.make import NOW, raw_mail, receive
from mainstay.support.tickets.actions import share_ticket, watch_ticket
from mainstay.support.tickets.models import Attachment, Message, Ticket
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def follow_up(tenant: Tenant) -> None:
    """Both handlers over all of the customer's events, as the follower would."""
    for name, handler in (("ticket.opened", confirm_opened), ("ticket.replied", mail_replies)):
        with scope(system_actor(tenant.id)):
            facts = [fact_of(row) for row in Event.objects.filter(name=name).order_by("n")]
            if facts:
                handler(facts)


def sent(kind: str) -> dict[str, Delivery]:
    with sweep("send_mail"):
        return {d.email: d for d in Delivery.objects.filter(kind=kind)}


def test_the_requester_gets_a_confirmation_in_their_language(world: World) -> None:
    ticket = make_ticket(world.felix, "La bomba no informa")
    follow_up(world.acme)
    (mail,) = sent("ticket.confirmation").values()
    assert (mail.email, mail.language, mail.ticket_id) == (world.felix.email, "es", ticket.id)
    assert f"#{ticket.number}" in mail.subject
    assert "Hola" in mail.text
    assert f"#{ticket.number}" in mail.html


def test_a_portal_user_is_confirmed_in_the_customers_name(world: World) -> None:
    with sweep("demo"):
        Tenant.objects.filter(id=world.acme.id).update(branding={"support_name": "Acme Help"})
    make_ticket(world.clara)
    follow_up(world.acme)
    (mail,) = sent("ticket.confirmation").values()
    assert mail.email == world.clara.email
    assert "Acme Help" in mail.text


def test_events_handled_twice_mail_once(world: World) -> None:
    make_ticket(world.ana)
    follow_up(world.acme)
    follow_up(world.acme)
    assert len(sent("ticket.confirmation")) == 1


def test_a_machines_mail_is_not_answered(world: World) -> None:
    ticket = make_ticket(world.ana)
    make_reply(ticket, world.ana, is_automatic=True)
    follow_up(world.acme)
    assert sent("ticket.message") == {}


def test_a_reply_reaches_requester_followers_and_nobody_else(world: World) -> None:
    ticket = make_ticket(world.ana)
    with acting_as(world.ana) as ana:
        share_ticket(ana, ticket.id, member_id=world.felix.id, at=NOW)
    with acting_as(world.cora) as cora:
        watch_ticket(cora, ticket.id, at=NOW)
    make_note(ticket, world.ari, "secret thoughts")
    make_reply(ticket, world.ari, "Please **restart** it.")
    follow_up(world.acme)
    mails = sent("ticket.message")
    assert set(mails) == {world.ana.email, world.felix.email, world.cora.email}
    assert "<strong>restart</strong>" in mails[world.ana.email].html
    assert "/desk/tickets/" in mails[world.cora.email].text
    assert "/support/tickets/" in mails[world.ana.email].text
    assert not any("secret thoughts" in mail.text for mail in mails.values())


def test_who_became_a_portal_user_hears_no_more_of_what_was_shared(world: World) -> None:
    ticket = make_ticket(world.ana)
    with acting_as(world.ana) as ana:
        share_ticket(ana, ticket.id, member_id=world.felix.id, at=NOW)
        change_role(ana, world.felix.id, Role.CLIENT, at=NOW)
    make_reply(ticket, world.ari, "Please restart it.")
    follow_up(world.acme)
    assert set(sent("ticket.message")) == {world.ana.email}


def test_the_answer_threads_and_carries_a_signed_address(world: World) -> None:
    receive(raw_mail(message_id="<first@acme.example>"))
    with sweep("take_in_mail"):
        ticket = Ticket.objects.get()
    make_reply(ticket, world.ari, at=NOW + timedelta(hours=1))
    follow_up(world.acme)
    headers = sent("ticket.message")[world.ana.email].headers
    assert headers["In-Reply-To"] == "<first@acme.example>"
    assert "<first@acme.example>" in headers["References"]
    assert read_reply_token([settings.SECRET_KEY], headers["Reply-To"]) == ticket.id


def test_words_of_a_customer_cannot_become_markup_in_a_mail(world: World) -> None:
    ticket = make_ticket(world.ana, "<img src=x onerror=alert(1)>")
    make_reply(ticket, world.ari, "<script>alert(1)</script> [x](javascript:alert(1))")
    follow_up(world.acme)
    for mail in (*sent("ticket.confirmation").values(), *sent("ticket.message").values()):
        assert "<script" not in mail.html
        assert "<img" not in mail.html
        assert 'href="javascript' not in mail.html


def ticket_of(world: World) -> Ticket:
    with sweep("take_in_mail"):
        return Ticket.objects.get(tenant=world.acme)


def test_files_too_large_for_a_mail_or_infected_are_named_not_sent(world: World) -> None:
    receive(raw_mail(files={"small.bin": b"1", "virus.bin": b"22", "huge.bin": b"333"}))
    ticket = ticket_of(world)
    with acting_as(world.cora) as cora:
        watch_ticket(cora, ticket.id, at=NOW)
    with sweep("take_in_mail"):
        Attachment.objects.filter(filename="virus.bin").update(scan="infected")
        Attachment.objects.filter(filename="huge.bin").update(size=MAILED_BYTES)
        message = Message.objects.get()
    make_reply(ticket, world.ana, "see above")
    with sweep("take_in_mail"):
        reply = Message.objects.exclude(id=message.id).get()
        Attachment.objects.update(message=reply)
    follow_up(world.acme)
    mail = sent("ticket.message")[world.cora.email]
    assert [file["filename"] for file in mail.attachments] == ["small.bin"]
    assert "Not attached to this mail: virus.bin, huge.bin" in mail.text
    assert "virus.bin, huge.bin" in mail.html


def test_a_reply_mark_is_not_repeated(world: World) -> None:
    ticket = make_ticket(world.ana, "RE: the pump")
    follow_up(world.acme)
    assert sent("ticket.confirmation")[world.ana.email].subject == f"RE: the pump [#{ticket.number}]"
