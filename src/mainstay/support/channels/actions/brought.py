"""What providers bring: mails, and what became of ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import transaction

from mainstay.core.actor import system_actor
from mainstay.core.text.headers import clean_line
from mainstay.core.wall.scope import operator_scope, sweep
from mainstay.people.messages.actions import note_outcome
from mainstay.support.channels.actions.receive import put_mail, wake_intake
from mainstay.support.channels.models import Mailbox
from mainstay.support.channels.rules import Trouble


class BroughtMail(Protocol):
    @property
    def raw(self) -> bytes: ...
    @property
    def sender(self) -> str: ...
    @property
    def recipients(self) -> tuple[str, ...]: ...


class MailOutcome(Protocol):
    @property
    def email(self) -> str: ...
    @property
    def is_complaint(self) -> bool: ...
    @property
    def is_final(self) -> bool: ...
    @property
    def detail(self) -> str: ...


def keep_brought(mailbox_id: UUID, mails: Sequence[BroughtMail], *, at: datetime) -> None:
    """All of them, or none: the provider is told either that it may forget them or that it must bring them again.
    What is brought twice is one mail, as over every door."""
    with operator_scope(system_actor(name="mailboxes")):
        mailbox = Mailbox.objects.select_for_update(no_key=True).get(id=mailbox_id)
        for mail in mails:
            put_mail(
                mail.raw,
                door="webhook",
                at=at,
                envelope_from=mail.sender,
                envelope_to=[one for one in mail.recipients if one],
                mailbox=mailbox.address,
            )
        mailbox.trouble, mailbox.trouble_words, mailbox.failing_since, mailbox.failures = "", "", None, 0
        mailbox.checked_at = at
        if mails:
            mailbox.last_mail_at = at
        mailbox.save(
            update_fields=[
                "trouble",
                "trouble_words",
                "failing_since",
                "failures",
                "checked_at",
                "last_mail_at",
            ]
        )
        transaction.on_commit(wake_intake)


def note_refused(mailbox_id: UUID, trouble: Trouble, words: str, *, at: datetime) -> None:
    """Told on the mailbox's page, and to administrators when it lasts; the next good one ends it."""
    with operator_scope(system_actor(name="mailboxes")):
        mailbox = Mailbox.objects.select_for_update(no_key=True).get(id=mailbox_id)
        mailbox.trouble, mailbox.trouble_words = trouble, clean_line(words, 300)
        mailbox.failing_since = mailbox.failing_since or at
        mailbox.failures += 1
        mailbox.save(update_fields=["trouble", "trouble_words", "failing_since", "failures"])


def note_outcomes(outcomes: Sequence[MailOutcome], *, at: datetime) -> None:
    with sweep("send_mail"):
        for outcome in outcomes:
            reason = "complained" if outcome.is_complaint else "bounced"
            note_outcome(
                outcome.email,
                reason=reason,
                detail=outcome.detail,
                stops=outcome.is_complaint or outcome.is_final,
                at=at,
            )
