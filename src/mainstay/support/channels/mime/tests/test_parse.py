from datetime import UTC, datetime

import pytest

from mainstay.support.channels.mime.mail import Limits
from mainstay.support.channels.mime.parse import parse_mail
from mainstay.support.channels.mime.tests.make import (
    attached,
    mail,
    multipart,
    nested,
    part,
    storable,
)
from mainstay.support.channels.mime.tests.zoo import BODIES, FILES, SENDERS, SUBJECTS

PNG = b"\x89PNG\r\n\x1a\n\0\0"


@pytest.mark.parametrize("name", SUBJECTS)
def test_subjects(name: str) -> None:
    written, shown = SUBJECTS[name]
    parsed = parse_mail(mail(subject=written))
    assert parsed.subject == shown
    storable(parsed)


@pytest.mark.parametrize("name", SENDERS)
def test_senders(name: str) -> None:
    written, shown, email = SENDERS[name]
    parsed = parse_mail(mail(sender=written))
    assert parsed.from_ is not None
    assert (parsed.from_.name, parsed.from_.email) == (shown, email)
    storable(parsed)


@pytest.mark.parametrize("name", BODIES)
def test_bodies(name: str) -> None:
    raw, shown = BODIES[name]
    parsed = parse_mail(raw)
    assert parsed.text.strip("\n") == shown
    storable(parsed)


@pytest.mark.parametrize("name", FILES)
def test_attachments(name: str) -> None:
    raw, files = FILES[name]
    parsed = parse_mail(raw)
    names = [(a.filename, a.content_type) for a in parsed.attachments]
    if name == "encrypted":
        names[0] = ("attachment.bin", names[0][1])
    assert names == files
    storable(parsed)


def test_inline_images_are_those_the_html_shows() -> None:
    parsed = parse_mail(
        multipart(
            "related",
            part("text/html", '<img src="cid:Logo@x">'),
            attached("logo.png", PNG, "image/png", "Content-ID: <logo@x>"),
            attached("other.png", PNG, "image/png", "Content-ID: <other@x>"),
        )
    )
    assert [(a.content_id, a.is_inline, a.content == PNG) for a in parsed.attachments] == [
        ("logo@x", True, True),
        ("other@x", False, True),
    ]


def test_an_invitation_is_kept_and_readable() -> None:
    calendar = (
        "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Weekly\\, planning\n"
        "DTSTART;TZID=Europe/Madrid:20261120T100000\n"
        "DTEND:20261120T103000Z\nLOCATION:Room\n  4\nORGANIZER;CN=Ana:MAILTO:ana@acme.example\nEND:VEVENT\n"
        "END:VCALENDAR"
    )
    parsed = parse_mail(multipart("mixed", part("text/calendar; method=REQUEST", calendar)))
    (invite,) = parsed.invites
    assert (invite.method, invite.summary) == ("REQUEST", "Weekly, planning")
    assert invite.starts == "2026-11-20 10:00 Europe/Madrid"
    assert (invite.ends, invite.location, invite.organizer) == (
        "2026-11-20 10:30 UTC",
        "Room 4",
        "ana@acme.example",
    )
    assert parsed.attachments[0].filename == "invite.ics"
    assert "Weekly, planning" in parsed.text


def test_the_facts_of_a_usual_mail() -> None:
    parsed = parse_mail(
        mail(
            headers="In-Reply-To: <a@x>\r\nReferences: <r1@x>\r\n <r2@x> <a@x>\r\nCc: Ana <ana@acme.example>\r\n"
            "Reply-To: other@acme.example\r\nReturn-Path: <clara@acme.example>\r\n"
            "Delivered-To: inbox@mainstay.example\r\n"
            "Content-Language: es-ES"
        )
    )
    assert parsed.message_id == "m1@acme.example"
    assert (parsed.in_reply_to, parsed.references) == (("a@x",), ("r1@x", "r2@x", "a@x"))
    assert parsed.date == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert [a.email for a in (*parsed.to, *parsed.cc, *parsed.reply_to)] == [
        "support@mainstay.example", "ana@acme.example", "other@acme.example",
    ]  # fmt: skip
    assert (parsed.return_path, parsed.delivered_to, parsed.language) == (
        "clara@acme.example", ("inbox@mainstay.example",), "es",
    )  # fmt: skip
    assert parsed.defects == ()
    assert parsed.html is None


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (mail(date=None), "date_missing"),
        (mail(date="yesterday"), "date_broken"),
        (mail(date="Fri, 99 Nov 2026 99:99:99 +9999"), "date_broken"),
        (mail(message_id=None), "message_id_missing"),
        (mail(sender=""), "from_missing"),
        (mail(sender="MAILER-DAEMON"), "from_broken"),
        (mail(headers="Subject: second"), "header_repeated"),
        (mail(b"\x00"), "nul_removed"),
        (mail(""), "body_empty"),
        (mail("x", kind="text/plain; charset=martian"), "charset_unknown"),
        (multipart("mixed", part("text/plain", "x"), closed=False), "boundary_unclosed"),
        (mail("x", headers="X-Long: " + "y" * 1_200_000 + "\r\nX-After: z"), "headers_too_long"),
        (mail("x\n" * 900_000), "body_cut"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_noted(raw: bytes, defect: str) -> None:
    parsed = parse_mail(raw)
    assert defect in parsed.defects
    storable(parsed)


def test_a_sender_without_from_is_found_elsewhere() -> None:
    parsed = parse_mail(mail(sender="", headers="Reply-To: clara@acme.example"))
    assert parsed.from_ is not None
    assert parsed.from_.email == "clara@acme.example"


def test_a_long_body_is_kept_whole_as_a_file() -> None:
    parsed = parse_mail(mail("word " * 300), limits=Limits(body_chars=100))
    assert len(parsed.text) == 100
    assert len(parsed.attachments[0].content) > 1400


def test_nesting_and_numbers_are_limited() -> None:
    body = part("text/plain", "deep")
    for level in range(200):
        body = nested("mixed", body, boundary=f"n{level}x")
    assert "nested_too_deep" in parse_mail(multipart("mixed", body)).defects
    many = multipart("mixed", *[part("text/plain", "x")] * 3000)
    assert "too_many_parts" in parse_mail(many).defects


def test_recipients_by_the_thousand() -> None:
    parsed = parse_mail(mail(to=", ".join(f"P {n} <p{n}@acme.example>" for n in range(1000))))
    assert len(parsed.to) == 1000
    assert parsed.to[999].email == "p999@acme.example"


@pytest.mark.parametrize(
    ("header", "trusted", "verdict"),
    [
        (
            "mx.mainstay.example; dmarc=pass header.from=acme.example; spf=pass; dkim=fail",
            ["mx.mainstay.example"],
            "pass",
        ),
        (
            "mx.mainstay.example (a comment; dmarc=pass); dmarc=fail (p=reject)",
            ["MX.mainstay.example"],
            "fail",
        ),
        ("evil.example; dmarc=pass", ["mx.mainstay.example"], None),
        ("mx.mainstay.example; dmarc=pass", [], None),
        ("mx.mainstay.example 1; none", ["mx.mainstay.example"], None),
    ],
)
def test_only_trusted_servers_vouch(header: str, trusted: list[str], verdict: str | None) -> None:
    parsed = parse_mail(mail(headers=f"Authentication-Results: {header}"), trusted_servers=trusted)
    assert parsed.auth.dmarc == verdict


def test_the_topmost_verdict_counts() -> None:
    """Below our own server's header stands what the sender wrote."""
    raw = b"Authentication-Results: mx.mainstay.example; dmarc=fail\r\n" + mail(
        headers="Authentication-Results: mx.mainstay.example; dmarc=pass\r\n"
        "ARC-Authentication-Results: i=1; mx.mainstay.example; dmarc=pass"
    )
    assert parse_mail(raw, trusted_servers=["mx.mainstay.example"]).auth.dmarc == "fail"


def test_lines_of_old_systems_within_a_transport_that_ends_properly() -> None:
    raw = mail("one\r\ntwo").replace(b"\r\n", b"\r") + b"\r\n"
    read = parse_mail(raw)
    assert (read.subject, read.text.split()) == ("Printer on fire", ["one", "two"])
    assert read.from_ is not None
    assert read.from_.email == "clara@acme.example"


def test_comments_and_space_inside_an_address() -> None:
    read = parse_mail(mail(sender="John Doe <jdoe@machine(comment).  example>"))
    assert read.from_ is not None
    assert (read.from_.name, read.from_.email) == ("John Doe", "jdoe@machine.example")
