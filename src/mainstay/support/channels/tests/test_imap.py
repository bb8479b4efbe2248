"""CHN-1: mail fetched over IMAP, from a real Dovecot, with real commits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from mainstay.core.clock import now
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import acting_as
from mainstay.project.testing.mail_servers import Dovecot, until
from mainstay.support.channels.actions.mailboxes import (
    ask_for_test,
    change_imap_mailbox,
    fetch_again,
    pause_mailbox,
    remove_mailbox,
    resume_mailbox,
)
from mainstay.support.channels.imap.serve import Ways
from mainstay.support.channels.imap.session import Account, Session, open_session
from mainstay.support.channels.imap.watch import Watcher
from mainstay.support.channels.models import Mailbox, MailboxItem
from mainstay.support.channels.rules import AfterFetch, ItemState, MailState, Security, Trouble
from mainstay.support.channels.tests.make import raw_mail, tickets
from mainstay.support.channels.tests.servers import PASSWORD, SUPPORT, Fetching
from mainstay.support.tickets.rules import Source


@pytest.fixture
def fetching(committed: None, dovecot: Dovecot) -> Iterator[Fetching]:
    made = Fetching(dovecot)
    yield made
    made.close()


def look(fetching: Fetching, folder: str = "INBOX") -> list[tuple[int, tuple[str, ...]]]:
    """UIDs and flags, as somebody else who reads the same mailbox sees them."""
    account = Account("localhost", fetching.dovecot.imap, Security.NONE, SUPPORT, PASSWORD, folder)
    with open_session(account, plain_hosts=()) as session:
        return [(uid, flags_of(session, uid)) for uid in session.uids_after(0)]


def flags_of(session: Session, uid: int) -> tuple[str, ...]:
    _kind, (said, *_rest) = session._client.uid("FETCH", str(uid), "(FLAGS)")
    inside = said.decode().partition("FLAGS (")[2].partition(")")[0]
    return tuple(sorted(flag for flag in inside.split() if flag != r"\Recent"))


def test_a_mail_that_arrives_becomes_a_ticket_within_moments_by_idle(fetching: Fetching) -> None:
    fetching.add()
    fetching.watcher(idle_s=600)
    fetching.until_settled()
    began = now()
    raw = raw_mail(body="The pump stands still.\nSince noon.").replace(b"\n", b"\r\n")
    fetching.deliver(raw)
    fetching.until_kept(1)
    assert now() - began < timedelta(seconds=15), "IDLE brings news at once, not when it ends"
    (kept,) = fetching.kept()
    assert kept.endswith(raw), "byte by byte, below what the server put on top"
    fetching.take_in()
    (ticket,) = tickets()
    assert (ticket.requester.email, ticket.source) == ("ana@acme.example", Source.EMAIL)
    (row,) = fetching.inbound()
    assert (row.door, row.mailbox) == ("imap", SUPPORT)
    assert look(fetching) == [(1, ())], "it lies there untouched and unread"


def test_mail_from_before_stays_where_it_is(fetching: Fetching) -> None:
    fetching.deliver(count=3)
    fetching.add()
    fetching.watcher()
    fetching.until_settled()
    fetching.deliver(raw_mail(subject="New"))
    fetching.until_kept(1)
    assert b"Subject: New" in fetching.kept()[0]


def test_the_last_days_come_in_when_asked_for(fetching: Fetching) -> None:
    fetching.deliver(count=3)
    fetching.add(import_days=7)
    fetching.watcher()
    fetching.until_kept(3)


@pytest.mark.parametrize(("security", "port"), [(Security.TLS, "imaps"), (Security.STARTTLS, "imap")])
def test_encrypted_with_a_certificate_that_is_checked(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, security: Security, port: str
) -> None:
    fetching.add(security=security, port=getattr(fetching.dovecot, port))
    fetching.watcher()
    assert fetching.until_failed().trouble == Trouble.TLS, "nobody vouches for it yet"
    monkeypatch.setenv("SSL_CERT_FILE", str(fetching.dovecot.certificate))
    fetching.until_settled()
    fetching.deliver()
    fetching.until_kept(1)


def test_a_server_that_knows_the_least_is_asked_again_and_again(fetching: Fetching) -> None:
    """Neither IDLE nor MOVE nor UIDPLUS."""
    fetching.dovecot.stop()
    with (fetching.dovecot.home / "dovecot.conf").open("a") as config:
        config.write("\nprotocol imap {\n  imap_capability = IMAP4rev1\n}\n")
    fetching.dovecot.start()
    fetching.add(after_fetch=AfterFetch.SEEN)
    fetching.watcher(idle_s=600, poll_s=1)
    fetching.until_settled()
    fetching.deliver(count=2)
    fetching.until_kept(2)
    until(lambda: [flags for _uid, flags in look(fetching)] == [(r"\Seen",)] * 2, "read")


def test_two_hundred_at_once_each_once(fetching: Fetching) -> None:
    fetching.add()
    fetching.watcher()
    fetching.until_settled()
    fetching.deliver(count=200)
    fetching.until_kept(200)
    fetching.take_in()
    assert {row.state for row in fetching.inbound()} == {MailState.TICKETED} | {MailState.HELD}
    assert len(set(fetching.kept())) == 200


def test_a_server_killed_in_the_middle_loses_and_doubles_nothing(fetching: Fetching) -> None:
    fetching.add()
    fetching.watcher()
    fetching.until_settled()
    fetching.deliver(count=60)
    until(lambda: fetching.inbound(), "the first")
    fetching.dovecot.kill()
    until(lambda: fetching.mailbox().trouble, "it was noticed")
    assert fetching.mailbox().trouble in {Trouble.LOST, Trouble.CONNECT}
    fetching.dovecot.start()
    fetching.until_kept(60)
    fetching.take_in()
    states = [row.state for row in fetching.inbound()]
    assert states.count(MailState.DUPLICATE) == 0
    assert len({row.message_id for row in fetching.inbound()}) == 60
    assert fetching.mailbox().trouble == ""


def test_only_the_process_that_serves_us_is_killed_while_we_wait(fetching: Fetching) -> None:
    fetching.add()
    fetching.watcher()
    fetching.until_settled()
    until(lambda: fetching.dovecot.kill_sessions(), "somebody is logged in")
    fetching.deliver()
    fetching.until_kept(1)


def test_whoever_fetches_is_stopped_in_the_middle_and_another_goes_on(fetching: Fetching) -> None:
    fetching.add()
    first = fetching.watcher()
    fetching.until_settled()
    fetching.deliver(count=60)
    until(lambda: fetching.inbound(), "the first")
    first.close()
    fetching.watchers.remove(first)
    fetching.watcher()
    fetching.until_kept(60)
    assert {item.state for item in fetching.items()} == {ItemState.KEPT}


def test_two_who_want_to_serve_it_are_one(fetching: Fetching) -> None:
    fetching.add()
    fetching.watcher()
    served_by = fetching.until_settled().served_by
    second = Watcher(Ways(plain_hosts=(), largest_bytes=1_000_000, idle_s=60.0, poll_s=1.0))

    def elsewhere() -> None:
        try:  # with a connection of its own, as in another process
            second.run_due(now(), 100)
            assert second.serves() == []
        finally:
            second.close()
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(elsewhere).result(timeout=30)
    assert fetching.mailbox().served_by == served_by
    fetching.deliver()
    fetching.until_kept(1)


def test_a_refused_password_is_said_and_not_tried_again_at_once(fetching: Fetching) -> None:
    fetching.add(password="wrong")
    fetching.watcher()
    mailbox = fetching.until_failed()
    assert mailbox.trouble == Trouble.PASSWORD
    assert mailbox.next_at is not None
    assert mailbox.next_at - now() > timedelta(minutes=4), "accounts are locked by those who hammer"
    mailbox_id = fetching.mailbox().id
    with acting_as(fetching.world.max) as actor:
        change_imap_mailbox(actor, mailbox_id, fetching.settings(), at=now())
    fetching.until_settled()
    fetching.deliver()
    fetching.until_kept(1)


def test_a_password_changed_while_connected(fetching: Fetching) -> None:
    fetching.add()
    fetching.watcher()
    fetching.until_settled()
    fetching.dovecot.set_password(SUPPORT, "another")
    until(lambda: fetching.dovecot.kill_sessions(), "somebody is logged in")
    until(lambda: fetching.tick() or fetching.mailbox().trouble == Trouble.PASSWORD, "refused")  # type: ignore[func-returns-value]
    fetching.deliver(count=2)
    mailbox_id = fetching.mailbox().id
    with acting_as(fetching.world.max) as actor:
        change_imap_mailbox(actor, mailbox_id, fetching.settings(password="another"), at=now())
    fetching.until_kept(2)


def test_a_folder_that_is_deleted(fetching: Fetching) -> None:
    maildir = fetching.dovecot.folder(SUPPORT, "Desk")
    fetching.deliver()  # makes the mailbox
    shutil.copytree(fetching.dovecot.folder(SUPPORT) / "tmp", maildir / "tmp")
    for name in ("new", "cur"):
        (maildir / name).mkdir()
    for path in (maildir, *maildir.iterdir()):
        shutil.chown(path, fetching.dovecot.folder(SUPPORT).owner(), fetching.dovecot.folder(SUPPORT).group())
    fetching.add(folder="Desk")
    fetching.watcher(idle_s=2)
    fetching.until_settled()
    shutil.rmtree(maildir)
    until(lambda: fetching.tick() or fetching.mailbox().trouble == Trouble.FOLDER, "noticed")  # type: ignore[func-returns-value]


def test_uids_counted_anew_bring_nothing_twice_and_lose_nothing(fetching: Fetching) -> None:
    fetching.deliver(raw_mail(subject="From before"))
    fetching.add()
    fetching.watcher()
    fetching.until_settled()
    fetching.deliver(count=5)
    fetching.until_kept(5)
    before = fetching.mailbox().uid_validity
    fetching.dovecot.stop()
    for index in fetching.dovecot.folder(SUPPORT).glob("dovecot*"):
        index.unlink()
    uidlist = fetching.dovecot.folder(SUPPORT) / "dovecot-uidlist"
    uidlist.write_text(f"3 V{(before or 0) + 77} N1\n")
    shutil.chown(uidlist, fetching.dovecot.folder(SUPPORT).owner(), fetching.dovecot.folder(SUPPORT).group())
    fetching.dovecot.start()
    fetching.deliver(raw_mail(subject="Meanwhile"))
    until(lambda: fetching.tick() or fetching.mailbox().uid_validity not in (None, before), "counted anew")  # type: ignore[func-returns-value]
    fetching.until_kept(6)
    fetching.take_in()
    assert MailState.DUPLICATE not in {row.state for row in fetching.inbound()}, "known ones are not fetched"
    assert not any(b"From before" in raw for raw in fetching.kept())


def test_a_mail_too_large_is_passed_over_and_shown(fetching: Fetching) -> None:
    fetching.add()
    fetching.watcher(largest_bytes=20_000)
    fetching.until_settled()
    fetching.deliver(raw_mail(subject="Huge", body="x" * 50 + "\n" + "y\n" * 20_000))
    fetching.deliver(raw_mail(subject="Small"))
    fetching.until_kept(1)
    until(lambda: len(fetching.items()) == 2, "both are noted")
    huge = next(item for item in fetching.items() if item.state == ItemState.PASSED_OVER)
    assert (huge.subject, huge.sender, huge.error) == ("Huge", "Ana <ana@acme.example>", "too_large")
    fetching.close()
    fetching.watchers.clear()
    fetching.watcher(largest_bytes=10_000_000)
    mailbox_id = fetching.mailbox().id
    with acting_as(fetching.world.max) as actor:
        assert fetch_again(actor, mailbox_id, at=now()) == 1
    fetching.until_kept(2)


def test_a_mail_the_server_cannot_hand_out_stops_nobody(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is gone from under the server: FETCH fails, with an error or with the end of the connection."""
    fetching.add()
    fetching.watcher(idle_s=2)
    fetching.until_settled()
    mailbox_id = fetching.mailbox().id
    with acting_as(fetching.world.max) as actor:
        pause_mailbox(actor, mailbox_id, at=now())
    fetching.tick()
    fetching.deliver(raw_mail(subject="Broken"))
    look(fetching)
    for path in (fetching.dovecot.folder(SUPPORT) / "new").iterdir():
        path.write_bytes(b"")
    for path in (fetching.dovecot.folder(SUPPORT) / "cur").iterdir():
        path.write_bytes(b"")
    fetching.deliver(raw_mail(subject="Whole"))
    mailbox_id = fetching.mailbox().id
    with acting_as(fetching.world.max) as actor:
        resume_mailbox(actor, mailbox_id, at=now())
    until(
        lambda: fetching.tick() or any(b"Subject: Whole" in raw for raw in fetching.kept()),  # type: ignore[func-returns-value]
        "the whole one comes in",
    )


@pytest.mark.parametrize("after", [AfterFetch.SEEN, AfterFetch.MOVE, AfterFetch.DELETE])
def test_what_becomes_of_it_on_the_server(fetching: Fetching, after: AfterFetch) -> None:
    if after is AfterFetch.MOVE:
        fetching.deliver()
        account = Account(
            "localhost", fetching.dovecot.imap, Security.NONE, SUPPORT, PASSWORD, is_read_only=False
        )
        with open_session(account, plain_hosts=()) as session:
            session._client.create("Done")
            session.delete([1])
    fetching.add(after_fetch=after, move_to="Done" if after is AfterFetch.MOVE else "", delete_after_days=3)
    fetching.watcher(idle_s=1)
    fetching.until_settled()
    fetching.deliver()
    fetching.until_kept(1)
    if after is AfterFetch.DELETE:
        (item,) = fetching.items()
        assert item.clear_at is not None
        assert item.clear_at - now() > timedelta(days=2)
        assert len(look(fetching)) == 1, "not before its time"
        with sweep("take_in_mail"):
            MailboxItem.objects.update(clear_at=now() - timedelta(minutes=1))
        until(lambda: look(fetching) == [], "deleted")
    elif after is AfterFetch.SEEN:
        until(lambda: look(fetching) == [(1, (r"\Seen",))], "read")
    else:
        until(lambda: look(fetching) == [] and len(look(fetching, "Done")) == 1, "moved")
    assert len(fetching.inbound()) == 1


def test_a_move_that_is_refused_loses_nothing_and_stops_nothing(fetching: Fetching) -> None:
    fetching.add(after_fetch=AfterFetch.MOVE, move_to="Nowhere")
    fetching.watcher(idle_s=1)
    fetching.until_settled()
    fetching.deliver(count=2)
    fetching.until_kept(2)
    fetching.deliver(raw_mail(subject="Third"))
    fetching.until_kept(3)
    assert len(look(fetching)) == 3


def test_a_paused_mailbox_fetches_nothing_and_goes_on_where_it_was(fetching: Fetching) -> None:
    fetching.add()
    fetching.watcher()
    fetching.until_settled()
    mailbox_id = fetching.mailbox().id
    with acting_as(fetching.world.max) as actor:
        pause_mailbox(actor, mailbox_id, at=now())
    fetching.tick()
    fetching.deliver(count=2)
    fetching.tick()
    assert fetching.inbound() == []
    mailbox_id = fetching.mailbox().id
    with acting_as(fetching.world.max) as actor:
        resume_mailbox(actor, mailbox_id, at=now())
    fetching.until_kept(2)
    mailbox_id = fetching.mailbox().id
    with acting_as(fetching.world.max) as actor:
        remove_mailbox(actor, mailbox_id, at=now())
    fetching.tick()
    with sweep("take_in_mail"):
        assert not Mailbox.objects.exists()
        assert not MailboxItem.objects.exists()
    assert len(fetching.inbound()) == 2, "its mails stay"


@pytest.mark.parametrize(("password", "trouble"), [(PASSWORD, ""), ("wrong", Trouble.PASSWORD)])
def test_a_connection_is_tested_when_asked(fetching: Fetching, password: str, trouble: str) -> None:
    fetching.add(password=password)
    fetching.watcher()
    mailbox_id = fetching.mailbox().id
    with acting_as(fetching.world.max) as actor:
        pause_mailbox(actor, mailbox_id, at=now())
        ask_for_test(actor, mailbox_id, at=now())
    until(lambda: fetching.tick() or fetching.mailbox().tested_at, "tested")  # type: ignore[func-returns-value]
    assert (fetching.mailbox().test_trouble, fetching.mailbox().test_asked_at) == (trouble, None)
    assert fetching.mailbox().checked_at is None, "a test fetches nothing"
