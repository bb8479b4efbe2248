"""CHN-1: mail brought by providers' webhooks, in the shapes that they publish."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mainstay.core.clock import now
from mainstay.core.wall.scope import sweep
from mainstay.people.messages.actions import Mail, queue_mail
from mainstay.people.messages.models import Delivery, Suppression
from mainstay.people.tenants.tests.make import World, acting_as, make_world
from mainstay.support.channels.actions.intake import take_in_due
from mainstay.support.channels.actions.mailboxes import (
    WebhookSettings,
    add_webhook_mailbox,
    pause_mailbox,
)
from mainstay.support.channels.models import InboundMail, Mailbox, RawMail
from mainstay.support.channels.rules import SIGNED, MailState, Provider, Trouble
from mainstay.support.channels.tests.make import NOW, save_in_memory, tickets

pytestmark = pytest.mark.django_db
KEY = "the-signing-key"
RAW = (
    b"From: Ana <ana@acme.example>\r\nTo: support@mainstay.example\r\nSubject: The pump\r\n"
    b"Message-ID: <1@acme.example>\r\n\r\nIt stands still.\r\n"
)
ENVELOPE = ("ana@acme.example", "support+abc@mainstay.example")
Post = tuple[Any, dict[str, Any]]


@pytest.fixture
def world() -> World:
    return make_world()


def add(world: World, provider: Provider) -> Mailbox:
    given = WebhookSettings(
        name="In",
        address="support@mainstay.example",
        provider=provider,
        secret=KEY if provider in SIGNED else "",
    )
    with acting_as(world.max) as actor:
        return add_webhook_mailbox(actor, given, at=NOW)


def url(mailbox: Mailbox, more: str = "") -> str:
    return f"/api/v1/mail/{mailbox.provider}/{mailbox.token}{more}"


def as_json(value: Any, **headers: str) -> Post:
    return json.dumps(value), {"content_type": "application/json", "headers": headers}


def signed_by_mailgun(key: str = KEY) -> dict[str, str]:
    sign = hmac.new(key.encode(), b"1764000000" + b"tok", hashlib.sha256).hexdigest()
    return {"timestamp": "1764000000", "token": "tok", "signature": sign}


def by_mailgun(mailbox: Mailbox, raw: bytes, key: str = KEY) -> Post:
    fields = {"sender": ENVELOPE[0], "recipient": ENVELOPE[1], **signed_by_mailgun(key)}
    body = b"".join(
        b'--frontier\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in {**{n: v.encode() for n, v in fields.items()}, "body-mime": raw}.items()
    )
    return body + b"--frontier--\r\n", {"content_type": "multipart/form-data; boundary=frontier"}


def by_mandrill(mailbox: Mailbox, raw: bytes, key: str = KEY) -> Post:
    message = {"raw_msg": raw.decode(), "sender": ENVELOPE[0], "email": ENVELOPE[1]}
    events = json.dumps([{"event": "inbound", "ts": 1764000000, "msg": message}])
    signed = f"{settings.MAINSTAY_URL}{url(mailbox)}mandrill_events{events}"
    sign = b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    return {"mandrill_events": events}, {"headers": {"X-Mandrill-Signature": sign}}


def by_mailersend(mailbox: Mailbox, raw: bytes, key: str = KEY) -> Post:
    body = json.dumps(
        {
            "type": "inbound.message",
            "data": {
                "id": "1",
                "raw": raw.decode(),
                "sender": {"email": ENVELOPE[0]},
                "recipients": {"rcptTo": [{"email": ENVELOPE[1]}]},
            },
        }
    )
    sign = hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
    return body, {"content_type": "application/json", "headers": {"Signature": sign}}


def by_postmark(mailbox: Mailbox, raw: bytes, key: str = KEY) -> Post:
    return as_json(
        {
            "FromFull": {"Email": ENVELOPE[0], "Name": "Ana"},
            "OriginalRecipient": ENVELOPE[1],
            "Headers": [{"Name": "Return-Path", "Value": f"<{ENVELOPE[0]}>"}],
            "RawEmail": raw.decode(),
        }
    )


def by_sendgrid(mailbox: Mailbox, raw: bytes, key: str = KEY) -> Post:
    envelope = json.dumps({"from": ENVELOPE[0], "to": [ENVELOPE[1]]})
    return {"email": raw.decode(), "envelope": envelope, "charsets": "{}"}, {}


def by_sparkpost(mailbox: Mailbox, raw: bytes, key: str = KEY) -> Post:
    content = {"email_rfc822": b64encode(raw).decode(), "email_rfc822_is_base64": True}
    relayed = {
        "content": content,
        "msg_from": ENVELOPE[0],
        "rcpt_to": ENVELOPE[1],
        "protocol": "smtp",
    }
    return as_json([{"msys": {"relay_message": relayed}}, {"msys": {}}])


WHOLE: dict[Provider, Callable[..., Post]] = {
    Provider.MAILERSEND: by_mailersend,
    Provider.MAILGUN: by_mailgun,
    Provider.MANDRILL: by_mandrill,
    Provider.POSTMARK: by_postmark,
    Provider.SENDGRID: by_sendgrid,
    Provider.SPARKPOST: by_sparkpost,
}
each = pytest.mark.parametrize("provider", WHOLE)


def post(mailbox: Mailbox, posted: Post, more: str = "") -> int:
    data, how = posted
    return int(Client().post(url(mailbox, more), data, **how).status_code)


def inbound() -> list[InboundMail]:
    with sweep("demo"):
        return list(InboundMail.objects.order_by("received_at", "id"))


def kept() -> list[bytes]:
    with sweep("demo"):
        return [bytes(row.content) for row in RawMail.objects.order_by("id")]


def state_of() -> Mailbox:
    with sweep("demo"):
        return Mailbox.objects.get()


@each
def test_the_mail_comes_byte_by_byte_and_becomes_a_ticket(world: World, provider: Provider) -> None:
    mailbox = add(world, provider)
    assert post(mailbox, WHOLE[provider](mailbox, RAW)) == 200
    assert kept() == [RAW]
    (row,) = inbound()
    assert (row.door, row.mailbox, row.envelope_from, row.envelope_to) == (
        "webhook",
        "support@mainstay.example",
        ENVELOPE[0],
        [ENVELOPE[1]],
    )
    assert state_of().last_mail_at is not None
    take_in_due(save_in_memory, now(), 10)
    (ticket,) = tickets()
    assert ticket.requester.email == "ana@acme.example"


@each
def test_brought_twice_it_is_one_mail(world: World, provider: Provider) -> None:
    mailbox = add(world, provider)
    for _ in range(2):
        assert post(mailbox, WHOLE[provider](mailbox, RAW)) == 200
    take_in_due(save_in_memory, now(), 10)
    assert len(tickets()) == 1
    assert sorted(row.state for row in inbound()) == [MailState.DUPLICATE, MailState.TICKETED]


@pytest.mark.parametrize("provider", sorted(SIGNED))
def test_a_wrong_signature_is_refused_and_shown(world: World, provider: Provider) -> None:
    mailbox = add(world, provider)
    assert post(mailbox, WHOLE[provider](mailbox, RAW, key="another")) == 403
    assert kept() == []
    assert state_of().trouble == Trouble.SIGNATURE
    assert post(mailbox, ({}, {})) == 403
    assert post(mailbox, WHOLE[provider](mailbox, RAW)) == 200
    assert state_of().trouble == "", "the next good one ends it"


@each
def test_a_stranger_finds_nothing(world: World, provider: Provider) -> None:
    mailbox = add(world, provider)
    data, how = WHOLE[provider](mailbox, RAW)
    other = next(one for one in Provider if one != provider)
    for address in (
        f"/api/v1/mail/{provider}/{'x' * 43}",
        f"/api/v1/mail/{other}/{mailbox.token}",
        f"/api/v1/mail/unknown/{mailbox.token}",
    ):
        assert Client().post(address, data, **how).status_code == 404
    assert Client().head(url(mailbox)).status_code == 200, "as some ask when the address is entered"
    with acting_as(world.max) as actor:
        pause_mailbox(actor, mailbox.id, at=NOW)
    assert post(mailbox, (data, how)) == 404
    assert kept() == []


@pytest.mark.parametrize(
    "posted",
    [
        as_json({"RecordType": "Bounce"}),
        as_json([]),
        as_json("x"),
        ("{", {"content_type": "application/json"}),
        ("", {"content_type": "application/json"}),
    ],
)
def test_what_cannot_be_read_is_refused_and_shown(world: World, posted: Post) -> None:
    mailbox = add(world, Provider.POSTMARK)
    assert post(mailbox, posted) == 422
    assert state_of().trouble == Trouble.FORMAT
    assert kept() == []


def test_mailgun_may_post_to_an_address_that_ends_in_mime(world: World) -> None:
    mailbox = add(world, Provider.MAILGUN)
    assert post(mailbox, by_mailgun(mailbox, RAW), "/mime") == 200
    assert kept() == [RAW]


def test_a_form_cut_off_on_the_way_is_refused(world: World) -> None:
    mailbox = add(world, Provider.MAILGUN)
    body, how = by_mailgun(mailbox, RAW)
    assert post(mailbox, (body[:-20], how)) == 400
    assert kept() == []


def test_letters_of_any_alphabet_stay_as_they_are(world: World) -> None:
    mailbox = add(world, Provider.MAILGUN)
    raw = b"From: ana@acme.example\r\nSubject: x\r\n\r\nna\xefve \xff\xfe\r\n\r\n--frontie\r\n"
    assert post(mailbox, by_mailgun(mailbox, raw)) == 200
    assert kept() == [raw]


def test_too_large_is_refused_before_and_after_reading(world: World, settings: Any) -> None:
    settings.MAINSTAY_MAX_MAIL_BYTES = 100_000
    mailbox = add(world, Provider.POSTMARK)
    assert post(mailbox, by_postmark(mailbox, RAW + b"x" * 2_000_000)) == 413
    assert post(mailbox, by_postmark(mailbox, RAW + b"x" * 110_000)) == 422
    assert kept() == []


def test_larger_than_djangos_own_limit_is_fine(world: World) -> None:
    raw = RAW + b"\n" + b"words and words\n" * 500_000
    for provider in (Provider.POSTMARK, Provider.MAILGUN):
        with sweep("demo"):
            Mailbox.objects.all().delete()
        mailbox = add(world, provider)
        assert post(mailbox, WHOLE[provider](mailbox, raw)) == 200
    assert kept() == [raw, raw]


def test_postmark_in_pieces(world: World) -> None:
    mailbox = add(world, Provider.POSTMARK)
    event = {
        "FromFull": {"Email": ENVELOPE[0], "Name": "Ana"},
        "ToFull": [{"Email": "support@mainstay.example", "Name": ""}],
        "Subject": "Pieces ñ",
        "TextBody": "In pieces.",
        "Date": "Mon, 2 Mar 2026 09:00:00 +0000",
        "Headers": [{"Name": "Message-ID", "Value": "<p1@acme.example>"}],
        "Attachments": [
            {"Name": "a.txt", "Content": b64encode(b"file").decode(), "ContentType": "text/plain"}
        ],
    }
    assert post(mailbox, as_json(event)) == 200
    take_in_due(save_in_memory, now(), 10)
    (ticket,) = tickets()
    assert (ticket.subject, ticket.requester.email) == ("Pieces ñ", "ana@acme.example")


def test_mailjet_in_pieces(world: World) -> None:
    mailbox = add(world, Provider.MAILJET)
    event = {
        "Sender": ENVELOPE[0],
        "Recipient": ENVELOPE[1],
        "Headers": {
            "From": "Ana <ana@acme.example>",
            "Subject": "Jet",
            "Message-ID": "<j1@acme.example>",
            "Received": ["a", "b"],
        },
        "Text-part": "By jet.",
    }
    assert post(mailbox, as_json(event)) == 200
    take_in_due(save_in_memory, now(), 10)
    assert [ticket.subject for ticket in tickets()] == ["Jet"]


def test_sendgrid_in_pieces_with_a_file(world: World) -> None:
    mailbox = add(world, Provider.SENDGRID)
    fields = {
        "headers": "From: Ana <ana@acme.example>\nSubject: Grid\nMessage-ID: <s1@acme.example>\n",
        "text": "By grid.",
        "envelope": json.dumps({"from": ENVELOPE[0], "to": [ENVELOPE[1]]}),
        "attachment-info": json.dumps({"attachment1": {"filename": "a.bin", "type": "application/x"}}),
        "attachment1": SimpleUploadedFile("a.bin", b"\x00\x01", content_type="application/x"),
    }
    assert post(mailbox, (fields, {})) == 200
    take_in_due(save_in_memory, now(), 10)
    assert [ticket.subject for ticket in tickets()] == ["Grid"]
    assert inbound()[0].envelope_to == [ENVELOPE[1]]


def sent_to(email: str) -> None:
    with sweep("demo"):
        queue_mail([Mail(kind="x", email=email, subject="Re", text="We look.", language="en")], at=NOW)
        Delivery.objects.update(state="sent", next_at=None)


def suppressed() -> list[tuple[str, str]]:
    with sweep("demo"):
        return list(Suppression.objects.values_list("email", "reason"))


def test_bounces_and_complaints_end_what_is_written_to_an_address(world: World) -> None:
    mailbox = add(world, Provider.POSTMARK)
    sent_to("ana@acme.example")
    gone = {"RecordType": "Bounce", "Type": "HardBounce", "Email": "Ana@acme.example", "Details": "550 5.1.1"}
    full = {"RecordType": "Bounce", "Type": "SoftBounce", "Email": "ana@acme.example", "Details": "full"}
    stranger = {**gone, "Email": "never@written.example"}
    for event in (full, stranger):
        assert post(mailbox, as_json(event), "/events") == 200
    assert suppressed() == []
    with sweep("demo"):
        assert "full" in Delivery.objects.get().error
    assert post(mailbox, as_json(gone), "/events") == 200
    assert suppressed() == [("ana@acme.example", "bounced")]


def test_a_complaint_by_mailgun_is_signed(world: World) -> None:
    mailbox = add(world, Provider.MAILGUN)
    sent_to("ana@acme.example")
    data = {"event": "complained", "recipient": "ana@acme.example", "timestamp": 1764000000}
    wrong = {"signature": signed_by_mailgun("another"), "event-data": data}
    assert post(mailbox, as_json(wrong), "/events") == 403
    assert suppressed() == []
    assert post(mailbox, as_json({"signature": signed_by_mailgun(), "event-data": data}), "/events") == 200
    assert suppressed() == [("ana@acme.example", "complained")]
