from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.support.channels.mime.addresses import Address
from mainstay.support.channels.mime.classify import Kind, classify
from mainstay.support.channels.mime.compose import Enclosure, build_reply
from mainstay.support.channels.mime.dedupe import dedupe_key
from mainstay.support.channels.mime.parse import parse_mail
from mainstay.support.channels.mime.tests.make import mail

FROM = Address("Acme Soporte", "support@mainstay.example")
TO = Address("Clara Muñoz", "clara@acme.example")
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def build(**changes: object) -> bytes:
    values = {
        "from_": FROM,
        "to": [TO],
        "subject": "Hola",
        "text": "Hola",
        "message_id": "reply.7.d1@mainstay.example",
        "date": AT,
    }
    return build_reply(**{**values, **changes}).as_bytes()  # type: ignore[arg-type]


def test_a_reply_reads_back() -> None:
    raw = build(
        subject="Re: ¿Impresora en llamas?",
        text="Sí.\n" + "muy " * 600,
        html="<p>Sí. " + "muy " * 600 + "</p>",
        in_reply_to="<m1@acme.example>",
        references=["r0@acme.example", "m1@acme.example"],
        reply_to=Address("", "support+abc@mainstay.example"),
        cc=[Address("Ruiz, Ana", "ana@acme.example")],
        attachments=[Enclosure("año.pdf", "application/pdf", b"%PDF\x00")],
        language="es",
    )
    parsed = parse_mail(raw)
    assert parsed.defects == ()
    assert parsed.subject == "Re: ¿Impresora en llamas?"
    assert parsed.from_ == FROM
    assert parsed.to == (TO,)
    assert parsed.cc[0].name == "Ruiz, Ana"
    assert parsed.text.split() == ["Sí."] + ["muy"] * 600
    assert (parsed.in_reply_to, parsed.references) == (
        ("m1@acme.example",),
        ("r0@acme.example", "m1@acme.example"),
    )
    assert [(a.filename, a.content) for a in parsed.attachments] == [("año.pdf", b"%PDF\x00")]
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.replace(b"\r\n", b"").count(b"\n") == 0
    assert raw.isascii()


def test_we_recognise_our_own_mails() -> None:
    assert classify(parse_mail(build())).kind is Kind.OWN


def test_automatic_mails_say_so() -> None:
    parsed = parse_mail(build(automatic=True, list_unsubscribe="https://mainstay.example/u/1"))
    assert parsed.header("auto-submitted") == "auto-generated"
    assert parsed.header("x-auto-response-suppress") == "All"
    assert parsed.header("list-unsubscribe") == "<https://mainstay.example/u/1>"
    assert parsed.header("list-unsubscribe-post") == "List-Unsubscribe=One-Click"
    assert parse_mail(build()).header("auto-submitted") == ""


HEADER_TEXT = st.text(st.characters(), max_size=80) | st.sampled_from(
    ["a\r\nBcc: gus@globex.example", "a\nX: y", "\x00", "=?utf-8?q?x?=", "ñ" * 200, "a" * 2000]
)


@given(HEADER_TEXT, HEADER_TEXT, HEADER_TEXT)
def test_nothing_from_outside_makes_a_header(subject: str, name: str, reference: str) -> None:
    raw = build(
        subject=subject,
        to=[Address(name, "clara@acme.example")],
        in_reply_to=reference,
        references=[reference],
        attachments=[Enclosure(name, reference, b"x")],
    )
    parsed = parse_mail(raw)
    assert "bcc" not in parsed.headers
    assert "x" not in parsed.headers
    assert [a.email for a in parsed.to] == ["clara@acme.example"]
    assert len(parsed.attachments) == 1


@pytest.mark.parametrize("email", ["", "clara", "clara@", "clára@acme.example"])
def test_what_is_no_address_is_refused_by_name(email: str) -> None:
    with pytest.raises(ValueError, match="email"):
        build(to=[Address("x", email)])


def test_active_attachments_are_sent_as_data() -> None:
    parsed = parse_mail(build(attachments=[Enclosure("x.html", "text/html", b"<script>")]))
    assert parsed.attachments[0].content_type == "application/octet-stream"


def test_duplicates() -> None:
    def key(raw: bytes, mailbox: str = "support") -> str:
        return dedupe_key(mailbox, parse_mail(raw), raw)

    first = mail("body")
    assert key(first) == key(first.replace(b"\r\n", b"\n") + b"\n\n") == key(b"Received: by mx\r\n" + first)
    assert key(first, "Support ") == key(first)
    assert key(first) != key(mail("another body with the same id"))
    assert key(first) != key(first, "billing")
    assert key(mail("x", message_id=None)) != key(mail("x", message_id=None, subject="other"))
