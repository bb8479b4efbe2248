"""CHN-1, CHN-2: whole ways of a mail through a real Postfix and a real Dovecot, in and out."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from mainstay.core.clock import now
from mainstay.core.events.dispatch import Follower
from mainstay.people.messages.jobs import send_mail
from mainstay.people.tenants.tests.make import make_world
from mainstay.project.testing.mail_servers import Dovecot, Postfix, free_ports, until
from mainstay.support.channels.actions.intake import take_in_due
from mainstay.support.channels.imap.session import Account, open_session
from mainstay.support.channels.rules import MailState, Security
from mainstay.support.channels.tests.doors import smtp_door
from mainstay.support.channels.tests.make import messages, raw_mail, save_in_memory, tickets
from mainstay.support.channels.tests.servers import SUPPORT, Fetching

ANA = "ana@acme.example"


@pytest.fixture
def fetching(committed: None, dovecot: Dovecot) -> Iterator[Fetching]:
    made = Fetching(dovecot)
    yield made
    made.close()


def send(postfix: Postfix, raw: bytes, to: str = SUPPORT) -> None:
    with smtplib.SMTP("127.0.0.1", postfix.smtp) as client:
        client.sendmail(ANA, [to], raw)


def to_dovecot(postfix: Postfix, dovecot: Dovecot) -> None:
    lmtp = f"lmtp:inet:127.0.0.1:{dovecot.lmtp}"
    postfix.reload_transport(
        f"/^support.*@mainstay\\.example$/ {lmtp}\n/@acme\\.example$/ {lmtp}\n/./ error:no way there\n"
    )


def mails_of_ana(dovecot: Dovecot) -> list[EmailMessage]:
    account = Account("localhost", dovecot.imap, Security.NONE, ANA, "battery staple")
    with open_session(account, plain_hosts=()) as session:
        raws = [session.whole(uid) for uid in session.uids_after(0)]
    return [message_from_bytes(raw, policy=policy.default) for raw in raws if raw]  # type: ignore[misc]


def test_postfix_hands_over_to_the_smtp_door(committed: None, postfix: Postfix) -> None:
    make_world()
    with smtp_door(1_000_000) as port:
        postfix.reload_transport(f"/^support.*@mainstay\\.example$/ smtp:[127.0.0.1]:{port}\n")
        send(postfix, raw_mail(), to="support+anything@mainstay.example")

        def arrived() -> int:
            return take_in_due(save_in_memory, now(), 10)

        until(arrived, f"it arrives: {postfix.log()}")
    (ticket,) = tickets()
    assert ticket.requester.email == ANA


def test_postfix_keeps_mail_while_the_door_is_closed(committed: None, postfix: Postfix) -> None:
    make_world()
    (port,) = free_ports(1)
    postfix.reload_transport(f"/^support@mainstay\\.example$/ smtp:[127.0.0.1]:{port}\n")
    send(postfix, raw_mail())
    until(lambda: "status=deferred" in postfix.log(), "Postfix tried")
    assert tickets() == []
    with smtp_door(1_000_000) as port:
        postfix.reload_transport(f"/^support@mainstay\\.example$/ smtp:[127.0.0.1]:{port}\n")
        until(lambda: take_in_due(save_in_memory, now(), 10), f"it arrives: {postfix.log()}")
    assert len(tickets()) == 1


def test_in_by_imap_out_by_smtp_and_back_by_the_address_that_was_sent(
    fetching: Fetching, postfix: Postfix, settings: Any
) -> None:
    dovecot = fetching.dovecot
    to_dovecot(postfix, dovecot)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", postfix.smtp, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    follower = Follower()
    follower.run_due(now(), 100)
    fetching.add()
    fetching.watcher()
    fetching.until_settled()

    send(postfix, raw_mail(subject="The pump"))
    fetching.until_kept(1)
    fetching.take_in()
    (ticket,) = tickets()

    def confirmed() -> list[EmailMessage]:
        follower.run_due(now(), 100)
        send_mail(now(), 10)
        return mails_of_ana(dovecot)

    until(confirmed, f"the confirmation: {postfix.log()}")
    (confirmation,) = mails_of_ana(dovecot)
    assert f"[#{ticket.number}]" in confirmation["Subject"]
    back = str(confirmation["Reply-To"])
    assert "+" in back
    reply = raw_mail(subject="Thanks", body="It runs again.", message_id="<r@acme.example>")
    send(postfix, reply, to=back)
    fetching.until_kept(2)
    fetching.take_in()
    assert fetching.inbound()[1].state in (MailState.JOINED, MailState.TICKETED)
    follower.lease.give_back()
    with_address = raw_mail(
        subject="Thanks again", body="Truly.", message_id="<r2@acme.example>", headers={"Cc": back}
    )
    send(postfix, with_address, to=back)
    fetching.until_kept(3)
    fetching.take_in()
    assert "Truly." in messages(ticket)[-1].body, "the plus-address brought it to its ticket"
