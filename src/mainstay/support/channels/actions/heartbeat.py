"""How mailboxes are doing: tests of a connection, and one word to the administrators when one has stopped working."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import F

from mainstay.core.actor import Role, system_actor
from mainstay.core.events.actions import record
from mainstay.core.events.types import Fact
from mainstay.core.text.headers import clean_line
from mainstay.core.wall.scope import operator_scope
from mainstay.people.messages.notices.recipients import staff_with_role
from mainstay.people.messages.notices.telling import News, notify_many
from mainstay.support.channels.events import MailboxFailed, MailboxRecovered
from mainstay.support.channels.models import Mailbox
from mainstay.support.channels.notices import NOTICES

_NAME: Final = "mailboxes"


def alert_due(now: datetime) -> int:
    """Those that have not worked for long enough, once; those that work again, once. Returns how many."""
    patience = timedelta(minutes=settings.MAINSTAY_MAILBOX_ALERT_MINUTES)
    actor = system_actor(name=_NAME)
    with operator_scope(actor):
        mailboxes = Mailbox.objects.select_for_update(skip_locked=True, no_key=True)
        failing = mailboxes.filter(is_enabled=True, alerted_at=None, failing_since__lte=now - patience)
        # Not where somebody has changed a setting and nothing has been fetched since.
        recovered = mailboxes.filter(is_enabled=True, failing_since=None, checked_at__gt=F("alerted_at"))
        done = 0
        for mailbox in failing:
            assert mailbox.failing_since is not None
            record(
                actor,
                MailboxFailed(
                    mailbox_id=mailbox.id, trouble=mailbox.trouble, failing_since=mailbox.failing_since
                ),
                tenant_id=None,
                at=now,
            )
            done += Mailbox.objects.filter(id=mailbox.id).update(alerted_at=now)
        for mailbox in recovered:
            record(
                actor,
                MailboxRecovered(mailbox_id=mailbox.id, failing_since=mailbox.alerted_at),
                tenant_id=None,
                at=now,
            )
            done += Mailbox.objects.filter(id=mailbox.id).update(alerted_at=None)
    return done


def tell_alerts(facts: Sequence[Fact]) -> None:
    """A later handler: every administrator of the operator hears of it, at once."""
    names = dict(Mailbox.objects.filter(id__in=[f.subject_id for f in facts]).values_list("id", "name"))
    admins = staff_with_role(Role.ADMIN)
    notify_many(
        News(
            people=admins,
            kind=NOTICES[fact.name].key,
            subject=("mailbox", fact.subject_id),
            params={"mailbox": names[fact.subject_id], "trouble": fact.data.get("trouble", "")},
            tenant_id=None,
            link=f"/desk/mailboxes/{fact.subject_id}",
            cause=fact.n,
            at=fact.at,
        )
        for fact in facts
        if fact.subject_id in names
    )


def tests_asked() -> list[Mailbox]:
    with operator_scope(system_actor(name=_NAME)):
        return list(Mailbox.objects.filter(test_asked_at__isnull=False).order_by("test_asked_at")[:20])


def tested(mailbox_id: UUID, trouble: str, words: str, *, at: datetime) -> None:
    with operator_scope(system_actor(name=_NAME)):
        Mailbox.objects.filter(id=mailbox_id).update(
            test_asked_at=None, tested_at=at, test_trouble=trouble, test_words=clean_line(words, 300)
        )
