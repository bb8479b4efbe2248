import pytest

from mainstay.support.channels.mime.bounces import parse_bounce
from mainstay.support.channels.mime.classify import Kind, classify, may_answer
from mainstay.support.channels.mime.parse import parse_mail
from mainstay.support.channels.mime.tests.make import attached, bounce, mail, multipart, part

QMAIL = (
    "Hi. This is the qmail-send program at mx.globex.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
    "<gone@globex.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy.\n\n"
    "Return-Path: <support@mainstay.example>\nMessage-ID: <sent.1@mainstay.example>\nTo: gone@globex.example\n"
)
MAILS: dict[str, tuple[bytes, Kind]] = {
    "person": (mail(), Kind.PERSON),
    "person with a plain suppress header": (mail(headers="X-Auto-Response-Suppress: OOF"), Kind.PERSON),
    "person asking about bounces": (
        mail("Why do I get delivery failed?", subject="Undeliverable mail"),
        Kind.PERSON,
    ),
    "person asking about absence": (mail("How?", subject="Out of office settings do not save"), Kind.PERSON),
    "person answering an automatic reply": (
        mail("Thanks", subject="Re: Automatic reply: hello"),
        Kind.PERSON,
    ),
    "person forwarding a bounce": (
        mail("What is this?", subject="Fwd: Undelivered Mail Returned to Sender"),
        Kind.PERSON,
    ),
    "postmaster as a person": (mail("Hello, a question", sender="postmaster@acme.example"), Kind.PERSON),
    "auto-submitted no": (mail(headers="Auto-Submitted: no"), Kind.PERSON),
    "auto-replied": (mail(headers="Auto-Submitted: auto-replied"), Kind.AUTO_REPLY),
    "auto-generated": (mail(headers="Auto-Submitted: auto-generated; owner=x"), Kind.AUTO_REPLY),
    "x-autoreply": (mail(headers="X-Autoreply: yes"), Kind.AUTO_REPLY),
    "precedence": (mail(headers="Precedence: auto_reply"), Kind.AUTO_REPLY),
    "exchange": (
        mail(subject="Automatic reply: hello", headers="X-Auto-Response-Suppress: All"),
        Kind.AUTO_REPLY,
    ),
    "german": (mail("Ich bin bis Montag nicht im Büro", subject="Abwesenheitsnotiz: hello"), Kind.AUTO_REPLY),
    "spanish": (mail("Estaré fuera de la oficina", subject="Respuesta automática: hola"), Kind.AUTO_REPLY),
    "vacation in words": (mail("I will be back on Monday", subject="Out of office"), Kind.AUTO_REPLY),
    "null path": (mail("I am out of the office", headers="Return-Path: <>"), Kind.AUTO_REPLY),
    "no-reply": (mail(sender="no-reply@acme.example"), Kind.AUTO_REPLY),
    "bulk": (mail(headers="Precedence: bulk"), Kind.AUTO_REPLY),
    "list": (mail(headers="List-Id: <news.acme.example>\r\nPrecedence: list"), Kind.LIST),
    "newsletter": (mail(headers="List-Unsubscribe: <https://x.example/u>"), Kind.LIST),
    "bounce": (bounce(), Kind.BOUNCE),
    "delay": (bounce(status="4.4.7", action="delayed"), Kind.BOUNCE),
    "qmail": (mail(QMAIL, sender="MAILER-DAEMON@mx.globex.example", subject="failure notice"), Kind.BOUNCE),
    "daemon without domain": (
        mail("550 user unknown", sender="MAILER-DAEMON", subject="Returned mail"),
        Kind.BOUNCE,
    ),
    "exim": (mail("x", headers="X-Failed-Recipients: gone@globex.example"), Kind.BOUNCE),
    "postmaster": (
        mail("550 5.1.1 user unknown", sender="postmaster@globex.example", subject="Undeliverable: hi"),
        Kind.BOUNCE,
    ),
    "own header": (mail(headers="X-Mainstay: ack; Mainstay.example"), Kind.OWN),
    "another installation": (mail(headers="X-Mainstay: ack; other.example"), Kind.PERSON),
    "own id": (mail(message_id="<reply.7.x@mainstay.example>"), Kind.OWN),
    "own address": (mail(sender="Support@Mainstay.example"), Kind.OWN),
    "read receipt": (
        multipart(
            "report; report-type=disposition-notification",
            part("text/plain", "read"),
            part("message/disposition-notification", "Disposition: x"),
        ),
        Kind.REPORT,
    ),
    "abuse": (
        multipart(
            "report; report-type=feedback-report",
            part("text/plain", "x"),
            part("message/feedback-report", "Feedback-Type: abuse"),
        ),
        Kind.REPORT,
    ),
    "dmarc": (
        multipart(
            "mixed",
            part("text/plain", "x"),
            attached("a!b.xml.gz", b"x"),
            subject="Report domain: acme.example Submitter: x Report-ID: 1",
        ),
        Kind.REPORT,
    ),
}


@pytest.mark.parametrize("name", MAILS)
def test_kinds(name: str) -> None:
    raw, kind = MAILS[name]
    found = classify(parse_mail(raw), ["support@mainstay.example"], ["mainstay.example"])
    assert found.kind is kind, found.reasons
    assert bool(found.reasons) == (kind is not Kind.PERSON)


def test_only_persons_are_answered() -> None:
    assert [kind for kind in Kind if may_answer(kind)] == [Kind.PERSON]


def test_a_bounce_names_recipient_cause_and_mail() -> None:
    (found,) = parse_bounce(parse_mail(bounce()))
    assert (found.recipient, found.status, found.original_message_id) == (
        "gone@globex.example",
        "5.1.1",
        "sent.1@mainstay.example",
    )
    assert found.is_permanent
    assert "no such user" in found.diagnostic


def test_a_delay_is_not_permanent_and_a_delivery_no_bounce() -> None:
    (found,) = parse_bounce(parse_mail(bounce(status="4.4.7", action="delayed")))
    assert not found.is_permanent
    assert parse_bounce(parse_mail(bounce(status="2.0.0", action="delivered"))) == ()


def test_bounces_in_words() -> None:
    (found,) = parse_bounce(
        parse_mail(mail(QMAIL, sender="MAILER-DAEMON@mx.globex.example", subject="failure notice"))
    )
    assert (found.recipient, found.status, found.original_message_id) == (
        "gone@globex.example",
        "5.1.1",
        "sent.1@mainstay.example",
    )
    (exim,) = parse_bounce(
        parse_mail(mail("mailbox is full", headers="X-Failed-Recipients: gone@globex.example"))
    )
    assert (exim.recipient, exim.status) == ("gone@globex.example", "5.2.2")
