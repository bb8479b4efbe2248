"""Triage and outbox: seeing, deciding, sending again; and who may."""

from typing import Any

import pytest
from django.test import Client

from mainstay.core.clock import now
from mainstay.people.messages.actions import Mail, queue_mail, suppress
from mainstay.people.messages.models import Delivery, Suppression
from mainstay.people.messages.rules import DeliveryState
from mainstay.people.tenants.tests.make import World, builders_scope, make_world, sign_in
from mainstay.support.channels.models import InboundMail, RawMail
from mainstay.support.channels.rules import MailState

pytestmark = pytest.mark.django_db
RAW = (
    b"From: Sam <sam@unknown.example>\r\nTo: support@mainstay.example\r\nSubject: Help <script>alert(1)</script>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<p>Hello</p><script>alert(1)</script><img src=x onerror=alert(1)>"
)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def desk(client: Client, world: World) -> Client:
    return sign_in(client, world.ari)


def make_mail(state: MailState = MailState.TRIAGE, **more: Any) -> InboundMail:
    with builders_scope():
        mail = InboundMail.objects.create(
            door="smtp",
            mailbox="support@mainstay.example",
            from_email="sam@unknown.example",
            from_name="Sam",
            subject="Help <script>alert(1)</script>",
            snippet="Hello",
            reasons=["unknown_sender"],
            kind="person",
            received_at=now(),
            state=state,
            size=len(RAW),
            **more,
        )
        RawMail.objects.create(id=mail.id, content=RAW, received_at=mail.received_at)
    return mail


def make_delivery(**more: Any) -> Delivery:
    with builders_scope():
        queue_mail(
            [
                Mail(
                    kind="ticket.reply",
                    email="ana@acme.example",
                    subject="Re: Help",
                    text="We look.",
                    html="<p>We look.</p><script>alert(1)</script>",
                    language="en",
                )
            ],
            at=now(),
        )
        Delivery.objects.update(**more)
        return Delivery.objects.get()


def test_a_mail_is_shown_without_anything_that_runs(desk: Client, world: World) -> None:
    mail = make_mail()
    assert "Help &lt;script&gt;" in desk.get("/desk/triage").content.decode()
    text = desk.get(f"/desk/triage/{mail.id}").content.decode()
    assert "<p>Hello</p>" in text
    assert "alert(1)</script>" not in text
    assert "onerror" not in text
    assert "Nobody with this address is known." in text


def test_the_raw_mail_is_a_download_byte_by_byte(desk: Client, world: World) -> None:
    answer = desk.get(f"/desk/triage/{make_mail().id}/raw")
    assert answer.content == RAW
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"


def test_a_mail_is_given_to_a_customer_found_by_name(desk: Client, world: World) -> None:
    mail = make_mail()
    assert 'value="acme"' in desk.get(f"/desk/triage/{mail.id}?q=acm").content.decode()
    assert desk.post(f"/desk/triage/{mail.id}/assign", {"customer": "acme"}).status_code == 302
    with builders_scope():
        mail.refresh_from_db()
    assert (mail.state, mail.assigned_tenant_id) == (MailState.RECEIVED, world.acme.id)


def test_an_unknown_customer_changes_nothing_and_is_said(desk: Client, world: World) -> None:
    mail = make_mail()
    answer = desk.post(f"/desk/triage/{mail.id}/assign", {"customer": "nobody"}, follow=True)
    assert "There is no such customer." in answer.content.decode()
    with builders_scope():
        mail.refresh_from_db()
    assert mail.state == MailState.TRIAGE


def test_what_was_put_aside_can_be_taken_back(desk: Client, world: World) -> None:
    mail = make_mail()
    desk.post(f"/desk/triage/{mail.id}/discard")
    assert "Help" not in desk.get("/desk/triage").content.decode()
    assert "Help" in desk.get("/desk/triage?view=discarded").content.decode()
    desk.post(f"/desk/triage/{mail.id}/restore")
    assert "Help" in desk.get("/desk/triage").content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("ari", 200), ("max", 200), ("cora", 403), ("ana", 404), ("gus", 404)]
)
def test_who_sees_incoming_mails(client: Client, world: World, who: str, status: int) -> None:
    mail = make_mail()
    person = {**world.members, **world.staff}[who]
    sign_in(client, person)
    paths = ["/desk/triage", f"/desk/triage/{mail.id}", f"/desk/triage/{mail.id}/raw"]
    assert [client.get(path).status_code for path in paths] == [status] * 3


def test_a_delivery_is_shown_without_anything_that_runs(desk: Client, world: World) -> None:
    delivery = make_delivery(state=DeliveryState.FAILED, error="550 no such user <b>", next_at=None)
    assert "Re: Help" in desk.get("/desk/outbox").content.decode()
    text = desk.get(f"/desk/outbox/{delivery.id}").content.decode()
    assert "<p>We look.</p>" in text
    assert "alert(1)</script>" not in text
    assert "550 no such user &lt;b&gt;" in text


def test_secret_mails_are_listed_and_not_shown(desk: Client, world: World) -> None:
    delivery = make_delivery(is_secret=True)
    assert "We look." not in desk.get(f"/desk/outbox/{delivery.id}").content.decode()


def test_a_manager_sends_again_and_lifts_a_suppression(client: Client, world: World) -> None:
    delivery = make_delivery(state=DeliveryState.FAILED, next_at=None)
    with builders_scope():
        suppress("ana@acme.example", reason="bounced", at=now())
    sign_in(client, world.ari)
    assert client.post(f"/desk/outbox/{delivery.id}/again").status_code == 403
    sign_in(client, world.max)
    client.post(f"/desk/outbox/{delivery.id}/again")
    client.post(f"/desk/outbox/{delivery.id}/lift")
    with builders_scope():
        delivery.refresh_from_db()
        assert delivery.state == DeliveryState.QUEUED
        assert not Suppression.objects.exists()


def test_other_sides_find_no_outbox(client: Client, world: World) -> None:
    delivery = make_delivery()
    sign_in(client, world.ana)
    assert client.get("/desk/outbox").status_code == 404
    assert client.get(f"/desk/outbox/{delivery.id}").status_code == 404
