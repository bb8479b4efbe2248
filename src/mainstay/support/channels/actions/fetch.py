"""The books of fetching from IMAP: which mails a server has, which are safe here, and how the mailbox is doing.

Every function is one transaction as the operator's side, and changes nothing once somebody else serves the mailbox
(`served_by`): a server of two masters is fetched by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Min, QuerySet

from mainstay.core.actor import system_actor
from mainstay.core.text.headers import clean_line
from mainstay.core.wall.scope import operator_scope
from mainstay.support.channels.actions.receive import put_mail, wake_intake
from mainstay.support.channels.imap.heads import Head
from mainstay.support.channels.models import Mailbox, MailboxItem
from mainstay.support.channels.rules import AfterFetch, ItemState, Trouble, next_connection, next_fetch

START_ANEW: Final = 0
"""A UIDVALIDITY that no server has: what is there is compared with what is known."""
_AT_ONCE: Final = 500


class NotOurs(Exception):
    """The mailbox was changed, paused, removed, or is served by somebody else."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Who asks: a mailbox, under the token of whoever serves it."""

    mailbox_id: UUID
    token: UUID


@contextmanager
def _ours(serving: Serving) -> Iterator[Mailbox]:
    with operator_scope(system_actor(name="mailboxes")):
        mailbox = (
            Mailbox.objects.select_for_update(no_key=True)
            .filter(id=serving.mailbox_id, served_by=serving.token, is_enabled=True)
            .first()
        )
        if mailbox is None:
            raise NotOurs
        yield mailbox


def load(serving: Serving) -> Mailbox:
    with _ours(serving) as mailbox:
        return mailbox


def settle(
    serving: Serving, *, uid_validity: int, next_uid: int, heads: Sequence[Head], at: datetime
) -> None:
    """At the first connection, or when the server counts its mails anew. `heads`: what lies there already and is to
    be looked at; what was fetched under the old count is known by its Message-ID and size."""
    with _ours(serving) as mailbox:
        old = MailboxItem.objects.filter(mailbox_id=mailbox.id).exclude(uid_validity=uid_validity)
        old.filter(state__in=(ItemState.WAITING, ItemState.PASSED_OVER)).delete()
        old.update(clear_at=None)
        wanted = [h for h in heads if h.arrived_at is None or h.arrived_at >= mailbox.start_at]
        known = _known(mailbox, wanted)
        items = [_item(mailbox, uid_validity, head, at, known) for head in wanted]
        for start in range(0, len(items), _AT_ONCE):
            MailboxItem.objects.bulk_create(items[start : start + _AT_ONCE], ignore_conflicts=True)
        mailbox.uid_validity = uid_validity
        mailbox.last_uid = max([next_uid - 1, *(head.uid for head in heads)])
        mailbox.save(update_fields=["uid_validity", "last_uid"])


def _known(mailbox: Mailbox, heads: Sequence[Head]) -> set[tuple[str, int]]:
    """Distinct mails reuse ids: what has another size is fetched, and told apart by its body."""
    ids = {head.header_id for head in heads if head.header_id}
    if mailbox.uid_validity is None or not ids:
        return set()
    kept = MailboxItem.objects.filter(
        mailbox_id=mailbox.id, header_id__in=ids, state__in=(ItemState.KEPT, ItemState.KNOWN)
    )
    return set(kept.values_list("header_id", "size"))


def discover(serving: Serving, heads: Sequence[Head], *, at: datetime) -> None:
    """New mails: from here on they are ours to fetch, whatever happens to this process."""
    with _ours(serving) as mailbox:
        assert mailbox.uid_validity is not None
        items = [_item(mailbox, mailbox.uid_validity, head, at, set()) for head in heads]
        for start in range(0, len(items), _AT_ONCE):
            MailboxItem.objects.bulk_create(items[start : start + _AT_ONCE], ignore_conflicts=True)
        mailbox.last_uid = max([mailbox.last_uid, *(head.uid for head in heads)])
        mailbox.save(update_fields=["last_uid"])


def _item(
    mailbox: Mailbox, uid_validity: int, head: Head, at: datetime, known: set[tuple[str, int]]
) -> MailboxItem:
    is_known = (head.header_id, head.size) in known
    return MailboxItem(
        mailbox_id=mailbox.id,
        uid_validity=uid_validity,
        uid=head.uid,
        state=ItemState.KNOWN if is_known else ItemState.WAITING,
        header_id=clean_line(head.header_id, 998),
        size=head.size,
        sender=clean_line(head.sender, 320),
        subject=clean_line(head.subject, 300),
        found_at=at,
        next_at=None if is_known else at,
        clear_at=_clear_at(mailbox, at) if is_known else None,
    )


def _clear_at(mailbox: Mailbox, at: datetime) -> datetime | None:
    if mailbox.after_fetch == AfterFetch.LEAVE:
        return None
    is_later = mailbox.after_fetch == AfterFetch.DELETE
    return at + timedelta(days=mailbox.delete_after_days) if is_later else at


def due_items(
    serving: Serving, *, at: datetime, limit: int = 50
) -> tuple[list[MailboxItem], datetime | None]:
    """And when there is more to do. What failed before comes last: one bad mail holds up nobody."""
    with _ours(serving) as mailbox:
        waiting = _items(mailbox).filter(next_at__isnull=False)
        due = list(waiting.filter(next_at__lte=at).order_by("attempts", "uid")[:limit])
        return due, None if due else waiting.aggregate(first=Min("next_at"))["first"]


def due_to_clear(serving: Serving, *, at: datetime, limit: int = 200) -> tuple[Mailbox, list[MailboxItem]]:
    with _ours(serving) as mailbox:
        return mailbox, list(_items(mailbox).filter(clear_at__lte=at).order_by("uid")[:limit])


def _items(mailbox: Mailbox) -> QuerySet[MailboxItem]:
    return MailboxItem.objects.filter(mailbox_id=mailbox.id, uid_validity=mailbox.uid_validity or START_ANEW)


def keep_item(serving: Serving, item: MailboxItem, raw: bytes, *, at: datetime) -> bool:
    """The mail and the note that it is here, in one transaction: a process that dies around it leaves either both or
    none. False when it had been kept before."""
    with _ours(serving) as mailbox:
        row = MailboxItem.objects.select_for_update().filter(id=item.id, state=ItemState.WAITING).first()
        if row is None:
            return False
        row.mail_id = put_mail(raw, door="imap", at=at, mailbox=mailbox.address, peer=mailbox.host[:64])
        row.state, row.next_at, row.error, row.clear_at = ItemState.KEPT, None, "", _clear_at(mailbox, at)
        row.save(update_fields=["mail_id", "state", "next_at", "error", "clear_at"])
        Mailbox.objects.filter(id=mailbox.id).update(last_mail_at=at)
        transaction.on_commit(wake_intake)
        return True


def item_failed(
    serving: Serving, item: MailboxItem, error: str, *, at: datetime, is_final: bool = False
) -> None:
    """Put off, then passed over; it stays where it is and on the mailbox's page."""
    with _ours(serving):
        attempts = item.attempts + 1
        again = None if is_final else next_fetch(attempts, at)
        state = ItemState.WAITING if again else ItemState.PASSED_OVER
        MailboxItem.objects.filter(id=item.id, state=ItemState.WAITING).update(
            attempts=attempts, error=error[:300], next_at=again, state=state
        )


def item_gone(serving: Serving, item: MailboxItem) -> None:
    with _ours(serving):
        MailboxItem.objects.filter(id=item.id, state=ItemState.WAITING).update(
            state=ItemState.GONE, next_at=None, error=""
        )


def cleared(serving: Serving, items: Iterable[MailboxItem], *, again_at: datetime | None = None) -> None:
    with _ours(serving):
        MailboxItem.objects.filter(id__in=[item.id for item in items]).update(clear_at=again_at)


def worked(serving: Serving, *, at: datetime, is_connect: bool = False) -> None:
    changes: dict[str, Any] = {
        "checked_at": at,
        "trouble": "",
        "trouble_words": "",
        "failing_since": None,
        "failures": 0,
        "next_at": None,
    }
    with _ours(serving) as mailbox:
        Mailbox.objects.filter(id=mailbox.id).update(
            **changes, **({"connected_at": at} if is_connect else {})
        )


def failed(serving: Serving, trouble: Trouble, words: str, *, at: datetime) -> datetime:
    """When to try again."""
    with _ours(serving) as mailbox:
        failures = mailbox.failures + 1
        next_at = next_connection(trouble, failures, at)
        Mailbox.objects.filter(id=mailbox.id).update(
            trouble=trouble,
            trouble_words=clean_line(words, 300),
            failing_since=mailbox.failing_since or at,
            failures=failures,
            next_at=next_at,
        )
        return next_at
