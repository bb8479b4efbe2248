"""CHN-1: the mailboxes' pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mainstay.people.tenants.tests.make import World, builders_scope, make_world, sign_in
from mainstay.support.channels.models import Mailbox, MailboxItem
from mainstay.support.channels.rules import ItemState, Trouble

pytestmark = pytest.mark.django_db
IMAP: dict[str, Any] = {
    "name": "Support",
    "address": "support@mainstay.example",
    "host": "imap.mainstay.example",
    "port": 993,
    "security": "tls",
    "username": "support",
    "password": "very secret",
    "folder": "INBOX",
    "import_days": 3,
    "after_fetch": "leave",
}


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def max_(world: World) -> Client:
    return sign_in(Client(), world.max)


def only() -> Mailbox:
    with builders_scope():
        return Mailbox.objects.get()


def add(client: Client, **more: Any) -> Mailbox:
    answer = client.post("/desk/mailboxes/new/imap", {**IMAP, **more})
    assert answer.status_code == 302, answer.content.decode()
    return only()


def test_empty_it_says_what_will_be_here(max_: Client) -> None:
    page = max_.get("/desk/mailboxes").content.decode()
    assert "No mailbox yet" in page
    assert "/desk/mailboxes/new/imap" in page


def test_only_administrators_come_in(world: World) -> None:
    for person in (world.ari, world.cora, world.eve):
        client = sign_in(Client(), person)
        assert client.get("/desk/mailboxes").status_code == 403
        assert client.get("/desk/mailboxes/new/imap").status_code == 403
        assert "/desk/mailboxes" not in client.get("/desk/profile").content.decode()


def test_one_is_added_and_its_password_never_shown(max_: Client) -> None:
    mailbox = add(max_)
    assert mailbox.password == "very secret"
    assert mailbox.created_at - mailbox.start_at == timedelta(days=3)
    for address in ("", "/edit", "/state"):
        page = max_.get(f"/desk/mailboxes/{mailbox.id}{address}").content.decode()
        assert "very secret" not in page
    assert "Connecting" in max_.get("/desk/mailboxes").content.decode()


def test_what_is_wrong_stands_at_its_field_and_typed_words_stay(max_: Client) -> None:
    answer = max_.post(
        "/desk/mailboxes/new/imap", {**IMAP, "security": "none", "host": "mail.elsewhere.example"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Without encryption only this machine may be asked." in page
    assert "mail.elsewhere.example" in page
    assert "very secret" not in page


def test_an_empty_password_keeps_the_stored_one(max_: Client) -> None:
    mailbox = add(max_)
    given = {**IMAP, "password": "", "name": "Renamed"}
    assert max_.post(f"/desk/mailboxes/{mailbox.id}/edit", given).status_code == 302
    assert (only().name, only().password) == ("Renamed", "very secret")


def test_trouble_is_said_in_words(max_: Client) -> None:
    mailbox = add(max_)
    with builders_scope():
        Mailbox.objects.update(
            trouble=Trouble.PASSWORD,
            trouble_words="[AUTHENTICATIONFAILED] <b>no</b>",
            failing_since=timezone.now(),
            next_at=timezone.now() + timedelta(hours=1),
        )
    page = max_.get(f"/desk/mailboxes/{mailbox.id}").content.decode()
    assert "The password was refused." in page
    assert "[AUTHENTICATIONFAILED] &lt;b&gt;no" in page
    assert "The password was refused." in max_.get("/desk/mailboxes").content.decode()


def test_what_was_passed_over_is_shown_and_tried_again(max_: Client) -> None:
    mailbox = add(max_)
    with builders_scope():
        Mailbox.objects.update(uid_validity=7)
        MailboxItem.objects.create(
            mailbox=mailbox,
            uid_validity=7,
            uid=1,
            state=ItemState.PASSED_OVER,
            subject="A film of the pump",
            sender="ana@acme.example",
            size=90_000_000,
            error="too_large",
            found_at=timezone.now(),
        )
    page = max_.get(f"/desk/mailboxes/{mailbox.id}").content.decode()
    assert "A film of the pump" in page
    assert "It is larger than mails may be here." in page
    assert "1 mail passed over" in max_.get("/desk/mailboxes").content.decode()
    max_.post(f"/desk/mailboxes/{mailbox.id}", {"do": "again"})
    with builders_scope():
        assert MailboxItem.objects.get().state == ItemState.WAITING


@pytest.mark.parametrize("do", ["test", "pause", "again"])
def test_buttons(max_: Client, do: str) -> None:
    mailbox = add(max_)
    assert max_.post(f"/desk/mailboxes/{mailbox.id}", {"do": do}).status_code == 302
    after = only()
    assert (after.is_enabled, after.test_asked_at is not None) == (do != "pause", do == "test")
    state = max_.get(f"/desk/mailboxes/{mailbox.id}/state").content.decode()
    assert ('hx-trigger="every 2s"' in state) == (do != "pause"), "it asks on while something is under way"


def test_it_goes_on_and_goes_away(max_: Client) -> None:
    mailbox = add(max_)
    for do in ("pause", "resume"):
        max_.post(f"/desk/mailboxes/{mailbox.id}", {"do": do})
    assert only().is_enabled
    assert (
        max_.post(f"/desk/mailboxes/{mailbox.id}", {"do": "remove"}).headers["Location"] == "/desk/mailboxes"
    )
    assert max_.get(f"/desk/mailboxes/{mailbox.id}").status_code == 404
    assert max_.post("/desk/mailboxes/new/pop3", IMAP).status_code == 404


def test_a_webhook_shows_the_addresses_for_the_provider(max_: Client) -> None:
    given = {"name": "Mailgun", "address": "help@mainstay.example", "provider": "mailgun", "secret": ""}
    refused = max_.post("/desk/mailboxes/new/webhook", given)
    assert "Enter the key that this provider signs with." in refused.content.decode()
    max_.post("/desk/mailboxes/new/webhook", {**given, "secret": "signing key"})
    mailbox = only()
    page = max_.get(f"/desk/mailboxes/{mailbox.id}").content.decode()
    assert f"/api/v1/mail/mailgun/{mailbox.token}/mime" in page
    assert "signing key" not in page
    assert len(mailbox.token) >= 43
    max_.post(f"/desk/mailboxes/{mailbox.id}/edit", {**given, "name": "Other"})
    assert (only().name, only().secret) == ("Other", "signing key")
