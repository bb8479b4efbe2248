"""Mailboxes on a real IMAP server, and whoever fetches from them, for tests that commit."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass, field
from typing import Any

from mainstay.core.clock import now
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import World, acting_as, make_world
from mainstay.project.testing.mail_servers import Dovecot, until
from mainstay.support.channels.actions.intake import take_in_due
from mainstay.support.channels.actions.mailboxes import ImapSettings, add_imap_mailbox
from mainstay.support.channels.imap.serve import Ways
from mainstay.support.channels.imap.watch import Watcher
from mainstay.support.channels.models import InboundMail, Mailbox, MailboxItem, RawMail
from mainstay.support.channels.rules import AfterFetch, Security
from mainstay.support.channels.tests.make import raw_mail, save_in_memory

SUPPORT = "support@mainstay.example"
PASSWORD = "correct horse"


@dataclass
class Fetching:
    dovecot: Dovecot
    world: World = field(default_factory=make_world)
    watchers: list[Watcher] = field(default_factory=list)

    def settings(self, **more: Any) -> ImapSettings:
        given: dict[str, Any] = {
            "name": "Support",
            "address": SUPPORT,
            "host": "localhost",
            "port": self.dovecot.imap,
            "security": Security.NONE,
            "username": SUPPORT,
            "password": PASSWORD,
            "after_fetch": AfterFetch.LEAVE,
        }
        return ImapSettings(**{**given, **more})

    def add(self, *, import_days: int = 0, **more: Any) -> Mailbox:
        with acting_as(self.world.max) as actor:
            return add_imap_mailbox(actor, self.settings(**more), import_days=import_days, at=now())

    def watcher(self, **more: Any) -> Watcher:
        ways: dict[str, Any] = {"plain_hosts": (), "largest_bytes": 1_000_000, "idle_s": 60.0, "poll_s": 1.0}
        made = Watcher(Ways(**{**ways, **more}))
        self.watchers.append(made)
        return made

    def tick(self) -> None:
        for watcher in self.watchers:
            watcher.run_due(now(), 100)

    def deliver(self, raw: bytes | None = None, *, to: str = SUPPORT, count: int = 1) -> None:
        with smtplib.LMTP("127.0.0.1", self.dovecot.lmtp) as client:
            for n in range(count):
                mail = raw or raw_mail(subject=f"Mail {n}", body=f"Words {n}")
                client.sendmail("ana@acme.example", [to], mail)

    def mailbox(self) -> Mailbox:
        with sweep("take_in_mail"):
            return Mailbox.objects.get()

    def items(self) -> list[MailboxItem]:
        with sweep("take_in_mail"):
            return list(MailboxItem.objects.order_by("uid_validity", "uid"))

    def kept(self) -> list[bytes]:
        with sweep("take_in_mail"):
            return [bytes(raw.content) for raw in RawMail.objects.order_by("received_at", "id")]

    def inbound(self) -> list[InboundMail]:
        with sweep("take_in_mail"):
            return list(InboundMail.objects.order_by("received_at", "id"))

    def until_kept(self, count: int) -> None:
        until(lambda: self.tick() or len(self.inbound()) >= count, f"{count} mails, not {self.inbound()}")  # type: ignore[func-returns-value]
        assert len(self.inbound()) == count

    def until_settled(self) -> Mailbox:
        """Connected, and everything that was there is looked at."""
        until(lambda: self.tick() or self.mailbox().checked_at, f"{self.mailbox().trouble_words}")  # type: ignore[func-returns-value]
        return self.mailbox()

    def until_failed(self) -> Mailbox:
        until(lambda: self.tick() or self.mailbox().trouble, "it works")  # type: ignore[func-returns-value]
        return self.mailbox()

    def take_in(self) -> None:
        while take_in_due(save_in_memory, now(), 50):
            pass

    def close(self) -> None:
        for watcher in self.watchers:
            watcher.close()
