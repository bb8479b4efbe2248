"""CHN-1: one of our people answers a ticket's notice in their mail program; nobody else can in their name."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from mainstay.core.actor import Role
from mainstay.core.house.current import house
from mainstay.core.wall.scope import sweep
from mainstay.people.messages.models import Delivery
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.tests.make import World, acting_as, make_world
from mainstay.support.channels.actions.triage import release_mail
from mainstay.support.channels.mime.tokens import reply_address
from mainstay.support.channels.models import InboundMail
from mainstay.support.channels.rules import MailState
from mainstay.support.channels.tests.make import NOW, inbound, messages, raw_mail, receive, tickets
from mainstay.support.channels.tests.test_answer import follow_up
from mainstay.support.tickets.actions import watch_ticket
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Sender, Status
from mainstay.support.tickets.tests.make import make_reply, make_ticket

pytestmark = pytest.mark.django_db
QUOTED = (
    "Please restart the pump.\n\nOn Mon, 2 Mar 2026 at 10:00, Harbourline wrote:\n> http://desk/tickets/1\n"
)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def ticket(world: World) -> Ticket:
    return make_ticket(world.ana)


def notice_address(ticket: Ticket, to: Staff, world: World) -> str:
    """The Reply-To of the notice that this person got when the customer wrote."""
    with acting_as(to) as actor:
        watch_ticket(actor, ticket.id, at=NOW)
    make_reply(ticket, world.ana, "Still broken.")
    follow_up(world.acme)
    with sweep("send_mail"):
        return str(Delivery.objects.get(kind="ticket.message", email=to.email).headers["Reply-To"])


def answer(world: World, to: str, *, sender: str = "ari", **more: Any) -> InboundMail:
    return receive(raw_mail(f"<{world.staff[sender].email}>", body=QUOTED, **more), envelope_to=[to])


def test_an_agents_reply_becomes_a_public_answer_in_their_own_words(world: World, ticket: Ticket) -> None:
    row = answer(world, notice_address(ticket, world.ari, world), files={"guide.pdf": b"1"})
    assert (row.state, row.ticket_id) == (MailState.JOINED, ticket.id)
    message = messages(ticket)[-1]
    assert (message.sender, message.staff_id) == (Sender.AGENT, world.ari.id)
    assert message.body == "Please restart the pump."
    now = tickets(id=ticket.id)[0]
    assert (now.status, now.first_response_at) == (Status.IN_PROGRESS, NOW)
    follow_up(world.acme)
    with sweep("send_mail"):
        (mail,) = Delivery.objects.filter(kind="ticket.message", email=world.ana.email)
    assert "desk/tickets" not in mail.text + mail.html
    assert [file["filename"] for file in mail.attachments] == ["guide.pdf"]


def test_the_customers_reply_address_proves_nothing_about_staff(world: World, ticket: Ticket) -> None:
    row = answer(world, reply_address(settings.SECRET_KEY, house().mail_from, ticket.id))
    assert (row.state, row.reasons) == (MailState.TRIAGE, ["staff_reply_unproven"])
    assert (row.claimed_number, len(messages(ticket))) == (ticket.number, 1)
    with acting_as(world.ari) as ari:
        release_mail(ari, row.id, at=NOW)
    receive(raw_mail("x@elsewhere.example", subject="next"))
    assert inbound(row.id).state == MailState.JOINED
    assert messages(ticket)[-1].staff_id == world.ari.id


def test_dmarc_of_our_own_server_proves_it_too(world: World, ticket: Ticket, settings: Any) -> None:
    settings.MAINSTAY_MAIL_VERDICTS_FROM = ("mx.mainstay.example",)
    to = reply_address(settings.SECRET_KEY, house().mail_from, ticket.id)
    said = "mx.mainstay.example; dmarc=%s header.from=mainstay.example"
    for verdict, state in (("fail", MailState.TRIAGE), ("pass", MailState.JOINED)):
        headers = {"Authentication-Results": said % verdict}
        assert answer(world, to, headers=headers, message_id=f"<{verdict}@x.example>").state == state


def test_one_persons_address_is_no_good_for_another(world: World, ticket: Ticket) -> None:
    to = notice_address(ticket, world.ari, world)
    row = answer(world, to, sender="max")
    assert row.state == MailState.TRIAGE
    assert [m.staff_id for m in messages(ticket)] == [None, None]
    thief = receive(raw_mail("thief@evil.example"), envelope_to=[to])
    assert thief.state == MailState.TRIAGE


def test_an_out_of_office_note_of_ours_reaches_nobody(world: World, ticket: Ticket) -> None:
    to = notice_address(ticket, world.ari, world)
    assert answer(world, to, headers={"Auto-Submitted": "auto-replied"}).state == MailState.SET_ASIDE


def test_who_may_not_answer_customers_may_not_by_mail(world: World, ticket: Ticket) -> None:
    to = notice_address(ticket, world.eve, world)
    with sweep("demo"):
        Staff.objects.filter(id=world.eve.id).update(roles=[Role.EXECUTIVE])
    row = answer(world, to, sender="eve")
    assert (row.state, row.reasons) == (MailState.TRIAGE, ["staff_may_not_reply"])


def test_notices_say_who_can_answer_by_mail(world: World, ticket: Ticket) -> None:
    notice_address(ticket, world.ari, world)
    with sweep("send_mail"):
        mail = Delivery.objects.get(kind="ticket.message", email=world.ari.email)
    assert "Reply to this mail to answer the customer." in mail.text
    assert "Reply to this mail to answer the customer." in mail.html
