"""Who serves which mailbox: a thread for each, in one process at a time.

The right to serve one is an advisory lock on the connection of the worker's loop: it ends with the process or the
connection, so another takes over at once. Whoever takes a mailbox writes a new token on it; a thread that has lost
it and does not know yet can write nothing any more.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection

from mainstay.core import clock
from mainstay.core.actor import system_actor
from mainstay.core.wall.scope import operator_scope
from mainstay.support.channels.actions.fetch import Serving
from mainstay.support.channels.actions.heartbeat import alert_due, tested, tests_asked
from mainstay.support.channels.imap.serve import Books, Server, Ways, account_of
from mainstay.support.channels.imap.session import Failed, open_session
from mainstay.support.channels.models import Mailbox
from mainstay.support.channels.rules import MOST_MAILBOXES, MailboxKind

log = logging.getLogger(__name__)
_TEST_TIMEOUT_S: Final = 10.0
_TESTS_AT_ONCE: Final = 4


@dataclass(slots=True)
class _Watch:
    version: int
    stop: threading.Event
    thread: threading.Thread


class Watcher:
    """The worker's loop calls `run_due`. `close` ends the threads and waits for them."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._books: Books | None = None
        self._watches: dict[UUID, _Watch] = {}
        self._tests: dict[UUID, threading.Thread] = {}
        self._held_by: Any = None

    def run_due(self, now: datetime, limit: int) -> int:
        if self._held_by is not connection.connection:
            self._stop(list(self._watches))  # the locks went with the connection
        with operator_scope(system_actor(name="mailboxes")):
            wanted = dict(
                Mailbox.objects.filter(kind=MailboxKind.IMAP, is_enabled=True)
                .order_by("created_at")
                .values_list("id", "version")[:MOST_MAILBOXES]
            )
        self._stop([one for one, watch in self._watches.items() if wanted.get(one) != watch.version])
        for mailbox_id, version in wanted.items():
            watch = self._watches.get(mailbox_id)
            if (watch is None and self._lock(mailbox_id)) or (
                watch is not None and not watch.thread.is_alive()
            ):
                self._start(mailbox_id, version)
        self._run_tests()
        alert_due(now)
        return 0

    def serves(self) -> list[UUID]:
        return [one for one, watch in self._watches.items() if watch.thread.is_alive()]

    def close(self) -> None:
        watches = list(self._watches.values())
        self._stop(list(self._watches))
        for watch in watches:
            watch.thread.join(15)
        for thread in self._tests.values():
            thread.join(15)
        if self._books is not None:
            self._books.close()
            self._books = None

    def _start(self, mailbox_id: UUID, version: int) -> None:
        token = uuid4()
        with operator_scope(system_actor(name="mailboxes")):
            Mailbox.objects.filter(id=mailbox_id).update(served_by=token)
        stop = threading.Event()
        server = Server(Serving(mailbox_id, token), self._ways, self._shared_books(), stop)
        thread = threading.Thread(target=server.run, name=f"mailbox-{mailbox_id}", daemon=True)
        self._watches[mailbox_id] = _Watch(version, stop, thread)
        thread.start()

    def _stop(self, mailbox_ids: list[UUID]) -> None:
        """They end within moments; the token that the next one gets shuts out what they still try to write."""
        for mailbox_id in mailbox_ids:
            self._watches.pop(mailbox_id).stop.set()
            self._unlock(mailbox_id)

    def _shared_books(self) -> Books:
        if self._books is None:
            self._books = Books()
        return self._books

    def _lock(self, mailbox_id: UUID) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"mailbox {mailbox_id}"])
            (got,) = cursor.fetchone()
        self._held_by = connection.connection
        return bool(got)

    def _unlock(self, mailbox_id: UUID) -> None:
        if self._held_by is connection.connection:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"mailbox {mailbox_id}"]
                )

    def _run_tests(self) -> None:
        self._tests = {one: thread for one, thread in self._tests.items() if thread.is_alive()}
        for mailbox in tests_asked():
            if mailbox.id in self._tests or len(self._tests) >= _TESTS_AT_ONCE:
                continue
            thread = threading.Thread(target=self._test, args=(mailbox,), name="mailbox-test", daemon=True)
            self._tests[mailbox.id] = thread
            thread.start()

    def _test(self, mailbox: Mailbox) -> None:
        """Only as far as the open folder; nothing is fetched."""
        trouble, words = "", ""
        try:
            account = account_of(mailbox)
            with open_session(account, plain_hosts=self._ways.plain_hosts, timeout_s=_TEST_TIMEOUT_S):
                pass
        except Failed as failure:
            trouble, words = failure.trouble, failure.words
        except Exception as failure:
            log.exception("the test of mailbox %s broke", mailbox.id)
            trouble, words = "server", type(failure).__name__
        self._shared_books().do(tested, mailbox.id, trouble, words, at=clock.now())
