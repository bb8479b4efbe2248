"""What an administrator does with mailboxes. Their secrets can be set, never read back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound, Text
from mainstay.core.events.actions import record
from mainstay.core.text.headers import clean_line
from mainstay.people.tenants.rules import clean_email
from mainstay.support.channels.actions.fetch import START_ANEW
from mainstay.support.channels.events import (
    MailboxAdded,
    MailboxChanged,
    MailboxPaused,
    MailboxRemoved,
    MailboxResumed,
)
from mainstay.support.channels.imap.session import may_be_plain
from mainstay.support.channels.models import Mailbox, MailboxItem
from mainstay.support.channels.rules import (
    MANAGE_MAILBOXES,
    MOST_MAILBOXES,
    SIGNED,
    AfterFetch,
    ItemState,
    MailboxKind,
    Provider,
    Security,
)

CHANNEL: Final = "mainstay_mailbox"
_LIMITS: Final = {"host": 255, "username": 320, "folder": 255, "move_to": 255}
_OTHER_PLACE: Final = frozenset({"username", "folder"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    name: str
    address: str
    host: str
    port: int
    security: Security
    username: str
    password: str = ""
    """Empty at a change: the stored one stays."""
    folder: str = "INBOX"
    after_fetch: AfterFetch = AfterFetch.LEAVE
    move_to: str = ""
    delete_after_days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    name: str
    address: str
    provider: Provider
    secret: str = ""


def add_imap_mailbox(actor: Actor, given: ImapSettings, *, import_days: int = 0, at: datetime) -> Mailbox:
    """From now on, or with what arrived in the last `import_days`."""
    _require(actor)
    if Mailbox.objects.filter(kind=MailboxKind.IMAP).count() >= MOST_MAILBOXES:
        raise Conflict(
            _("%(count)s mailboxes are fetched over IMAP already, more are not.") % {"count": MOST_MAILBOXES}
        )
    wrong = _wrong_with_imap(given)
    if not given.password:
        wrong["password"] = [_("Enter the password.")]
    if wrong:
        raise Invalid(fields=wrong)
    mailbox = Mailbox.objects.create(
        kind=MailboxKind.IMAP,
        created_at=at,
        start_at=at - timedelta(days=import_days),
        **_columns(given),
    )
    record(actor, MailboxAdded(mailbox_id=mailbox.id, kind=mailbox.kind), tenant_id=None, at=at)
    transaction.on_commit(wake)
    return mailbox


def change_imap_mailbox(actor: Actor, mailbox_id: UUID, given: ImapSettings, *, at: datetime) -> Mailbox:
    """Another account or folder begins from now; the same one on another server is compared with what is known."""
    mailbox = _locked(actor, mailbox_id, MailboxKind.IMAP)
    wrong = _wrong_with_imap(given)
    if not given.password and clean_line(given.host, 255) != mailbox.host:
        # Else whoever may change the server could have the stored password sent to one of their own.
        wrong["password"] = [_("Enter the password again, since it goes to another server.")]
    if wrong:
        raise Invalid(fields=wrong)
    changes = _changes(mailbox, _columns(given))
    if not changes:
        return mailbox
    if not _OTHER_PLACE.isdisjoint(changes):
        mailbox.uid_validity, mailbox.last_uid, mailbox.start_at = None, 0, at
        MailboxItem.objects.filter(mailbox_id=mailbox.id, state=ItemState.WAITING).delete()
    elif "host" in changes and mailbox.uid_validity is not None:
        mailbox.uid_validity = START_ANEW
    _begin_anew(mailbox)
    mailbox.save()
    record(
        actor, MailboxChanged(mailbox_id=mailbox.id, changed=tuple(sorted(changes))), tenant_id=None, at=at
    )
    return mailbox


def add_webhook_mailbox(actor: Actor, given: WebhookSettings, *, at: datetime) -> Mailbox:
    _require(actor)
    wrong = _wrong_with_all(given.name, given.address)
    wrong |= _wrong_with_secret(given, has_one=False)
    if wrong:
        raise Invalid(fields=wrong)
    token = secrets.token_urlsafe(32)
    mailbox = Mailbox.objects.create(
        kind=MailboxKind.WEBHOOK,
        created_at=at,
        start_at=at,
        token=token,
        token_hash=hash_of(token),
        **_columns(given),
    )
    record(actor, MailboxAdded(mailbox_id=mailbox.id, kind=mailbox.kind), tenant_id=None, at=at)
    return mailbox


def change_webhook_mailbox(
    actor: Actor, mailbox_id: UUID, given: WebhookSettings, *, at: datetime
) -> Mailbox:
    mailbox = _locked(actor, mailbox_id, MailboxKind.WEBHOOK)
    wrong = _wrong_with_all(given.name, given.address)
    wrong |= _wrong_with_secret(given, has_one=mailbox.has_secret)
    if wrong:
        raise Invalid(fields=wrong)
    changes = _changes(mailbox, _columns(given))
    if changes:
        mailbox.save()
        changed = MailboxChanged(mailbox_id=mailbox.id, changed=tuple(sorted(changes)))
        record(actor, changed, tenant_id=None, at=at)
    return mailbox


def pause_mailbox(actor: Actor, mailbox_id: UUID, *, at: datetime) -> Mailbox:
    mailbox = _locked(actor, mailbox_id)
    if mailbox.is_enabled:
        mailbox.is_enabled = False
        _begin_anew(mailbox)
        mailbox.alerted_at = None
        mailbox.save()
        record(actor, MailboxPaused(mailbox_id=mailbox.id), tenant_id=None, at=at)
    return mailbox


def resume_mailbox(actor: Actor, mailbox_id: UUID, *, at: datetime) -> Mailbox:
    mailbox = _locked(actor, mailbox_id)
    if not mailbox.is_enabled:
        mailbox.is_enabled = True
        _begin_anew(mailbox)
        mailbox.save()
        record(actor, MailboxResumed(mailbox_id=mailbox.id), tenant_id=None, at=at)
    return mailbox


def remove_mailbox(actor: Actor, mailbox_id: UUID, *, at: datetime) -> None:
    """Its mails and tickets stay."""
    mailbox = _locked(actor, mailbox_id)
    MailboxItem.objects.filter(mailbox_id=mailbox.id).delete()
    record(actor, MailboxRemoved(mailbox_id=mailbox.id, kind=mailbox.kind), tenant_id=None, at=at)
    mailbox.delete()
    transaction.on_commit(wake)


def ask_for_test(actor: Actor, mailbox_id: UUID, *, at: datetime) -> Mailbox:
    """The worker does it within moments. One that fails at present also tries again at once."""
    mailbox = _locked(actor, mailbox_id, MailboxKind.IMAP)
    mailbox.test_asked_at, mailbox.tested_at, mailbox.test_trouble, mailbox.test_words = at, None, "", ""
    if mailbox.failing_since:
        _begin_anew(mailbox)
    mailbox.save()
    transaction.on_commit(wake)
    return mailbox


def fetch_again(actor: Actor, mailbox_id: UUID, *, at: datetime) -> int:
    """What was passed over gets another round of attempts."""
    mailbox = _locked(actor, mailbox_id, MailboxKind.IMAP)
    passed = MailboxItem.objects.filter(
        mailbox_id=mailbox.id, uid_validity=mailbox.uid_validity or START_ANEW, state=ItemState.PASSED_OVER
    )
    count = passed.update(state=ItemState.WAITING, attempts=0, next_at=at)
    _begin_anew(mailbox)
    mailbox.save()
    return count


def hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def wake() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


def _require(actor: Actor) -> None:
    actor.require(MANAGE_MAILBOXES)
    if not actor.is_staff:
        raise Forbidden


def _locked(actor: Actor, mailbox_id: UUID, kind: MailboxKind | None = None) -> Mailbox:
    _require(actor)
    mailbox = Mailbox.objects.select_for_update().filter(id=mailbox_id).first()
    if mailbox is None or (kind is not None and mailbox.kind != kind):
        raise NotFound
    return mailbox


def _begin_anew(mailbox: Mailbox) -> None:
    """Whoever serves it lets go; the next attempt is not held back by what failed before."""
    mailbox.version += 1
    mailbox.served_by, mailbox.next_at, mailbox.failures = None, None, 0
    mailbox.trouble, mailbox.trouble_words, mailbox.failing_since = "", "", None
    transaction.on_commit(wake)


def _columns(given: ImapSettings | WebhookSettings) -> dict[str, Any]:
    """As the table holds them. Lines are cleaned; an empty secret is left out."""
    columns: dict[str, Any] = {field.name: getattr(given, field.name) for field in fields(given)}
    for name in ("name", "host", "username", "folder", "move_to"):
        if name in columns:
            columns[name] = clean_line(columns[name], 320)
    columns["address"] = clean_email(given.address)
    for name in ("password", "secret"):
        if name in columns and not columns[name]:
            del columns[name]
    return columns


def _changes(mailbox: Mailbox, columns: dict[str, Any]) -> set[str]:
    """Onto the row, and which they were. A secret that was given counts as changed."""
    changed = {
        name
        for name, value in columns.items()
        if name in ("password", "secret") or getattr(mailbox, name) != value
    }
    for name in changed:
        setattr(mailbox, name, columns[name])
    return changed


def _wrong_with_all(name: str, address: str) -> dict[str, list[Text]]:
    wrong: dict[str, list[Text]] = {}
    if not clean_line(name, 100):
        wrong["name"] = [_("Give it a name.")]
    elif len(name) > 100:
        wrong["name"] = [_("At most %(count)s characters.") % {"count": 100}]
    local, _at, domain = clean_email(address).rpartition("@")
    if not (local and domain):
        wrong["address"] = [_("This is no mail address.")]
    return wrong


def _wrong_with_secret(given: WebhookSettings, *, has_one: bool) -> dict[str, list[Text]]:
    if given.provider in SIGNED and not (given.secret or has_one):
        return {"secret": [_("Enter the key that this provider signs with.")]}
    if not given.secret.isascii():
        return {"secret": [_("This is no provider's key: they hold no letters with accents.")]}
    return {}


def _wrong_with_imap(given: ImapSettings) -> dict[str, list[Text]]:
    wrong = _wrong_with_all(given.name, given.address)
    if not clean_line(given.host, 255) or any(c in given.host for c in "/@ "):
        wrong["host"] = [_("Enter the name of the server, such as imap.example.com.")]
    elif given.security == Security.NONE and not may_be_plain(
        given.host, settings.MAINSTAY_MAILBOX_PLAIN_HOSTS
    ):
        wrong["security"] = [_("Without encryption only this machine may be asked.")]
    for name, limit in _LIMITS.items():
        if len(getattr(given, name)) > limit:
            wrong[name] = [_("At most %(count)s characters.") % {"count": limit}]
    if not 1 <= given.port <= 65_535:
        wrong["port"] = [_("A port is a number from 1 to 65535.")]
    if not given.username:
        wrong["username"] = [_("Enter the name to log in with.")]
    if not clean_line(given.folder, 255):
        wrong["folder"] = [_("Enter a folder, usually INBOX.")]
    if given.after_fetch == AfterFetch.MOVE and not clean_line(given.move_to, 255):
        wrong["move_to"] = [_("Enter the folder to move mails to.")]
    elif given.after_fetch == AfterFetch.MOVE and given.move_to == given.folder:
        wrong["move_to"] = [_("This is the folder that mails are fetched from.")]
    if given.after_fetch == AfterFetch.DELETE and not 1 <= given.delete_after_days <= 3650:
        wrong["delete_after_days"] = [_("From 1 to 3650 days.")]
    return wrong
