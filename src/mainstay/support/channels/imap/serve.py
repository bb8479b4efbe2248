"""Serving one mailbox: connect, fetch what is new, keep it, wait for more. A thread of `watch.py` runs it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, connections

from mainstay.core import clock
from mainstay.core.secrets import CannotUnseal
from mainstay.support.channels.actions import fetch
from mainstay.support.channels.actions.fetch import NotOurs, Serving
from mainstay.support.channels.imap.session import Account, Failed, Refused, Session, open_session
from mainstay.support.channels.models import Mailbox, MailboxItem
from mainstay.support.channels.rules import AfterFetch, Trouble

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

CONNECTIONS: Final = 2
"""To the database, for all mailboxes together."""
_CLEAR_AGAIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What the installation says about fetching."""

    plain_hosts: Sequence[str]
    largest_bytes: int
    idle_s: float
    """How long one IDLE lasts; servers end it after half an hour, routers often sooner."""
    poll_s: float
    """Between looks at a server without IDLE."""


class Books:
    """The database from the threads of mailboxes: few connections, kept open, shared by all."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="mailbox-books")

    def do(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def run() -> T:
            try:
                return function(*args, **kwargs)
            except (DatabaseError, InterfaceError):
                connections.close_all()  # the next one begins with a fresh one
                raise

        return self._executor.submit(run).result()

    def close(self) -> None:
        barrier = threading.Barrier(CONNECTIONS)

        def hang_up() -> None:
            barrier.wait(timeout=10)  # once in each thread: connections belong to the thread that opened them
            connections.close_all()

        for done in [self._executor.submit(hang_up) for _ in range(CONNECTIONS)]:
            done.result(timeout=15)
        self._executor.shutdown()


def account_of(mailbox: Mailbox) -> Account:
    try:
        password = mailbox.password
    except CannotUnseal as error:
        raise Failed(Trouble.SECRET, str(error)) from None
    return Account(
        host=mailbox.host,
        port=mailbox.port,
        security=mailbox.security,
        username=mailbox.username,
        password=password,
        folder=mailbox.folder,
        is_read_only=mailbox.after_fetch == AfterFetch.LEAVE,
    )


class Server:
    """Serves until `stop` is set, or the mailbox is no longer ours."""

    def __init__(self, serving: Serving, ways: Ways, books: Books, stop: threading.Event) -> None:
        self._serving = serving
        self._ways = ways
        self._books = books
        self._stop = stop

    def run(self) -> None:
        try:
            while not self._stop.is_set():
                self._connect()
        except NotOurs:
            pass
        except (DatabaseError, InterfaceError):
            log.warning("mailbox %s waits for the database", self._serving.mailbox_id)

    def _connect(self) -> None:
        mailbox = self._books.do(fetch.load, self._serving)
        if mailbox.next_at and (left := (mailbox.next_at - clock.now()).total_seconds()) > 0:
            self._stop.wait(left)
            return
        try:
            with open_session(account_of(mailbox), plain_hosts=self._ways.plain_hosts) as session:
                self._settle(session, mailbox)
                self._books.do(fetch.worked, self._serving, at=clock.now(), is_connect=True)
                while not self._stop.is_set():
                    self._turn(session)
        except Failed as failure:
            log.warning("mailbox %s: %s", mailbox.name, failure)
            self._note(failure.trouble, failure.words)
        except (NotOurs, DatabaseError, InterfaceError):
            raise
        except (
            Exception
        ) as failure:  # a server that says what nobody expects is not asked again at once either
            log.exception("mailbox %s", mailbox.name)
            self._note(Trouble.SERVER, f"{type(failure).__name__}: {failure}")

    def _note(self, trouble: Trouble, words: str) -> None:
        self._books.do(fetch.failed, self._serving, trouble, words, at=clock.now())

    def _settle(self, session: Session, mailbox: Mailbox) -> None:
        if mailbox.uid_validity == session.uid_validity:
            return
        is_first = mailbox.uid_validity is None
        wants_older = not is_first or mailbox.start_at < mailbox.created_at
        uids = session.uids_since(mailbox.start_at) if wants_older else []
        self._books.do(
            fetch.settle,
            self._serving,
            uid_validity=session.uid_validity,
            next_uid=session.next_uid,
            heads=session.heads(uids),
            at=clock.now(),
        )

    def _turn(self, session: Session) -> None:
        mailbox = self._books.do(fetch.load, self._serving)
        new = session.uids_after(mailbox.last_uid)
        if new:
            self._books.do(fetch.discover, self._serving, session.heads(new), at=clock.now())
        due, next_at = self._books.do(fetch.due_items, self._serving, at=clock.now())
        for item in due:
            if self._stop.is_set():
                return
            self._fetch(session, item)
        self._clear(session)
        self._books.do(fetch.worked, self._serving, at=clock.now())
        if not due:
            pause = self._ways.idle_s if session.can_idle else self._ways.poll_s
            if next_at is not None:
                pause = min(pause, max(1.0, (next_at - clock.now()).total_seconds()))
            session.wait(pause, self._stop)

    def _fetch(self, session: Session, item: MailboxItem) -> None:
        if item.size > self._ways.largest_bytes:
            self._books.do(fetch.item_failed, self._serving, item, "too_large", at=clock.now(), is_final=True)
            return
        try:
            raw = session.whole(item.uid)
        except Refused as refusal:
            self._books.do(fetch.item_failed, self._serving, item, str(refusal), at=clock.now())
            return
        except Failed as failure:
            # Should it be the mail that ends the connection each time, the others get their turn, and it ends too.
            self._books.do(fetch.item_failed, self._serving, item, str(failure), at=clock.now())
            raise
        if raw is None:
            self._books.do(fetch.item_gone, self._serving, item)
        else:
            self._books.do(fetch.keep_item, self._serving, item, raw, at=clock.now())

    def _clear(self, session: Session) -> None:
        mailbox, items = self._books.do(fetch.due_to_clear, self._serving, at=clock.now())
        if not items:
            return
        uids = [item.uid for item in items]
        try:
            if mailbox.after_fetch == AfterFetch.SEEN:
                session.mark_seen(uids)
            elif mailbox.after_fetch == AfterFetch.MOVE:
                session.move(uids, mailbox.move_to)
            elif mailbox.after_fetch == AfterFetch.DELETE:
                session.delete(uids)
        except Refused as refusal:
            # The mails are safe; what the server would not do is tried again later, and said.
            log.warning("mailbox %s: %s refused: %s", mailbox.name, mailbox.after_fetch, refusal)
            self._books.do(fetch.cleared, self._serving, items, again_at=clock.now() + _CLEAR_AGAIN)
            return
        self._books.do(fetch.cleared, self._serving, items)
