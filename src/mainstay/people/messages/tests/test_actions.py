"""CHN-2: mail leaves once, is tried again, is never lost, and says what became of it."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from mainstay.core.errors import Conflict, Forbidden
from mainstay.core.house.current import house
from mainstay.core.wall.scope import sweep
from mainstay.people.messages.actions import Mail, queue_mail, send_again, send_due, suppress
from mainstay.people.messages.models import Delivery
from mainstay.people.messages.ports import PermanentFailure, TemporaryFailure
from mainstay.people.messages.post import delivery_of, post
from mainstay.people.messages.rules import AUTOMATIC_CAP, RETRY_AFTER, DeliveryState, Refusal
from mainstay.people.tenants.tests.make import acting_as, make_world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Scripted:
    """A postman that does as told: the outcome for each attempt, then success."""

    outcomes: list[Exception] = field(default_factory=list)
    sent: list[Delivery] = field(default_factory=list)

    def send(self, delivery: Delivery) -> None:
        if self.outcomes:
            raise self.outcomes.pop(0)
        self.sent.append(delivery)


def a_mail(**more: Any) -> Mail:
    given = {
        "kind": "ticket.reply",
        "email": "ana@acme.example",
        "subject": "Hello",
        "text": "Words",
        "language": "en",
    }
    return Mail(**given | more)  # type: ignore[arg-type]


def queue(*mails: Mail, at: datetime = NOW) -> None:
    with sweep("send_mail"):
        queue_mail(mails, at=at)


def only_delivery() -> Delivery:
    with sweep("send_mail"):
        return Delivery.objects.get()


def test_the_same_event_mails_an_address_once() -> None:
    queue(a_mail(cause=7), a_mail(cause=7), a_mail(cause=7, kind="ticket.confirmation"))
    queue(a_mail(cause=7))
    with sweep("send_mail"):
        assert sorted(Delivery.objects.values_list("kind", flat=True)) == [
            "ticket.confirmation",
            "ticket.reply",
        ]


def test_a_temporary_failure_is_tried_again_later_and_later() -> None:
    queue(a_mail())
    postman = Scripted([TemporaryFailure("greylisted")] * len(RETRY_AFTER))
    moment = NOW
    for wait in RETRY_AFTER:
        assert send_due(postman, moment) == 1
        assert send_due(postman, moment) == 0
        row = only_delivery()
        assert (row.state, row.error, row.next_at) == (DeliveryState.QUEUED, "greylisted", moment + wait)
        moment += wait
    send_due(postman, moment)
    assert only_delivery().state == DeliveryState.SENT
    assert len(postman.sent) == 1


def test_a_refusal_for_good_is_given_up_at_once_and_can_be_sent_again_by_hand() -> None:
    world = make_world()
    queue(a_mail())
    send_due(Scripted([PermanentFailure("550 no such user")]), NOW)
    assert (only_delivery().state, only_delivery().error) == (DeliveryState.FAILED, "550 no such user")
    with acting_as(world.ari) as ari, pytest.raises(Forbidden):
        send_again(ari, only_delivery_id(), at=NOW)
    with acting_as(world.max) as max_:
        send_again(max_, only_delivery_id(), at=NOW)
    postman = Scripted()
    send_due(postman, NOW)
    assert only_delivery().state == DeliveryState.SENT
    with acting_as(world.max) as max_, pytest.raises(Conflict):
        send_again(max_, only_delivery_id(), at=NOW)


def only_delivery_id() -> Any:
    return Delivery.objects.values_list("id", flat=True).get()


def test_one_mail_that_cannot_be_built_does_not_hold_up_the_next() -> None:
    queue(a_mail(subject="first"), a_mail(subject="second", email="felix@acme.example"))
    postman = Scripted([ValueError("no such file")])
    assert send_due(postman, NOW) == 2
    assert len(postman.sent) == 1


def test_a_claim_keeps_others_away_and_ends_by_itself() -> None:
    """A sender that is killed in the middle leaves the mail for the next one."""

    class Killed(Scripted):
        def send(self, delivery: Delivery) -> None:
            raise KeyboardInterrupt

    queue(a_mail())
    with pytest.raises(KeyboardInterrupt):
        send_due(Killed(), NOW)
    postman = Scripted()
    assert send_due(postman, NOW + timedelta(minutes=1)) == 0
    assert send_due(postman, NOW + timedelta(minutes=6)) == 1
    assert only_delivery().state == DeliveryState.SENT


def test_a_suppressed_address_is_not_written_to_and_the_log_says_so() -> None:
    queue(a_mail())
    with sweep("send_mail"):
        suppress("Ana@acme.example", reason="bounced", at=NOW)
    postman = Scripted()
    send_due(postman, NOW)
    assert postman.sent == []
    assert (only_delivery().state, only_delivery().error) == (
        DeliveryState.SUPPRESSED,
        Refusal.ADDRESS,
    )
    assert only_delivery().attempts == 0


def test_automatic_mails_to_one_address_are_capped_and_replies_of_people_are_not() -> None:
    queue(*(a_mail(cause=n, kind="ticket.confirmation") for n in range(AUTOMATIC_CAP + 5)))
    queue(a_mail(cause=99, is_automatic=False))
    postman = Scripted()
    send_due(postman, NOW, limit=100)
    assert len(postman.sent) == AUTOMATIC_CAP + 1
    with sweep("send_mail"):
        assert Delivery.objects.filter(state=DeliveryState.SUPPRESSED).count() == 5


def test_what_the_cap_held_back_a_person_can_send() -> None:
    world = make_world()
    queue(*(a_mail(cause=n, kind="ticket.confirmation") for n in range(AUTOMATIC_CAP + 1)))
    postman = Scripted()
    send_due(postman, NOW, limit=100)
    with sweep("send_mail"):
        held = Delivery.objects.get(state=DeliveryState.SUPPRESSED)
    with acting_as(world.max) as boss:
        send_again(boss, held.id, at=NOW)
    send_due(postman, NOW, limit=100)
    assert len(postman.sent) == AUTOMATIC_CAP + 1


def test_a_secret_is_wiped_once_sent() -> None:
    queue(a_mail(is_secret=True, text="https://support.example/sign-in/link/abc", html="<p>link</p>"))
    postman = Scripted()
    send_due(postman, NOW)
    assert postman.sent[0].text.endswith("abc")
    assert (only_delivery().text, only_delivery().html) == ("", "")


class Inbox:
    """A real SMTP server that keeps what it gets, or refuses a recipient."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("gone@"):
            return "550 5.1.1 no such user"
        if address.startswith("later@"):
            return "451 4.7.1 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.raw.append(envelope.content)
        return "250 OK"


@pytest.fixture
def inbox(settings: Any) -> Iterator[Inbox]:
    handler = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 10
    yield handler
    controller.stop()


def test_over_smtp_with_headers_that_threads_and_machines_understand(inbox: Inbox) -> None:
    mail = a_mail(
        subject="Grüße\r\nBcc: evil@x.example",
        name='Ana "Ñandú"',
        html="<p>Words</p>",
        headers={"Reply-To": "support+abc@mainstay.example", "References": "<one@acme.example>"},
        attachments=({"filename": "año.txt", "content_type": "text/plain", "storage_key": "k"},),
    )
    queue(mail, a_mail(email="gone@acme.example"), a_mail(email="later@acme.example"))
    with post(lambda key: key.encode()) as postman:
        send_due(postman, NOW)
    parsed = email.message_from_bytes(inbox.raw[0], policy=email.policy.default)
    assert parsed["Subject"] == "Grüße Bcc: evil@x.example"
    assert parsed["Bcc"] is None
    assert parsed["To"].addresses[0].display_name == 'Ana "Ñandú"'
    assert parsed["Message-ID"].startswith("<ticket.")
    assert delivery_of(parsed["Message-ID"].split(".")[2].partition("@")[0]) == mail.id
    assert parsed["Message-ID"].rstrip(">").endswith(house().mail_from.partition("@")[2])
    assert parsed["Auto-Submitted"] == "auto-replied"
    assert parsed["Reply-To"] == "support+abc@mainstay.example"
    assert [part.get_filename() for part in parsed.iter_attachments()] == ["año.txt"]
    with sweep("send_mail"):
        states = dict(Delivery.objects.values_list("email", "state"))
    assert states == {
        "ana@acme.example": DeliveryState.SENT,
        "gone@acme.example": DeliveryState.FAILED,
        "later@acme.example": DeliveryState.QUEUED,
    }
