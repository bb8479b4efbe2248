"""What becomes of an incoming mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mainstay.core.actor import Permission, Role


class MailState(StrEnum):
    RECEIVED = "received"
    """Safe in the database, not yet looked at."""
    TICKETED = "ticketed"
    JOINED = "joined"
    TRIAGE = "triage"
    """A person decides whose it is."""
    SET_ASIDE = "set_aside"
    """A machine's mail about nothing of ours: kept, shown, answered by nobody."""
    BOUNCE = "bounce"
    DUPLICATE = "duplicate"
    HELD = "held"
    """More mails from one sender than the cap allows; a person lets them in."""
    QUARANTINED = "quarantined"
    """Could not be taken in after several attempts; nothing of it is lost."""
    DISCARDED = "discarded"


ARCHIVE: Final = "import"
"""The door of old mail out of files."""
WAITING_FOR_A_PERSON: Final = frozenset({MailState.TRIAGE, MailState.HELD, MailState.QUARANTINED})
NEEDS_ITS_RAW_MAIL: Final = WAITING_FOR_A_PERSON | {MailState.RECEIVED}
CAN_BE_ASSIGNED: Final = WAITING_FOR_A_PERSON | {MailState.SET_ASIDE, MailState.DISCARDED}

_SUPPORT: Final = frozenset({Role.AGENT, Role.SUPPORT_MANAGER, Role.ADMIN})
SEE_INBOUND: Final = Permission("inbound.see", _SUPPORT, "inbound:read")
TRIAGE_INBOUND: Final = Permission("inbound.triage", _SUPPORT, "inbound:write")

MAILED_BYTES: Final = 18_000_000
"""Of files in one mail: encoded they stay below the 25 MB that most servers accept."""
MAILED_FILES: Final = 50

SENDER_CAP: Final = 60
THREAD_CAP: Final = 40
CAP_WINDOW: Final = timedelta(hours=1)
REPEAT_WINDOW: Final = timedelta(minutes=10)
"""The same words from the same person within it join the ticket that the first ones opened."""
MAX_ATTEMPTS: Final = 5


class MailboxKind(StrEnum):
    IMAP = "imap"
    WEBHOOK = "webhook"


class Provider(StrEnum):
    """Whose webhooks are understood."""

    MAILERSEND = "mailersend"
    MAILGUN = "mailgun"
    MAILJET = "mailjet"
    MANDRILL = "mandrill"
    POSTMARK = "postmark"
    SENDGRID = "sendgrid"
    SPARKPOST = "sparkpost"


SIGNED: Final = frozenset({Provider.MAILERSEND, Provider.MAILGUN, Provider.MANDRILL})
"""They sign what they post, with a key that they show; the others prove themselves by the address alone."""


class Security(StrEnum):
    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


DEFAULT_PORT: Final = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}


class AfterFetch(StrEnum):
    """What becomes of a mail on the server once it is safe here."""

    LEAVE = "leave"
    SEEN = "seen"
    MOVE = "move"
    DELETE = "delete"


class ItemState(StrEnum):
    """One mail on an IMAP server."""

    WAITING = "waiting"
    """To be fetched; after a failure, at `next_at`."""
    KEPT = "kept"
    KNOWN = "known"
    """Fetched before the server counted its mails anew."""
    GONE = "gone"
    """Somebody removed it before it was fetched."""
    PASSED_OVER = "passed_over"
    """Cannot be fetched; it stays on the server and on the mailbox's page."""


class Trouble(StrEnum):
    """Why a mailbox does not work."""

    PASSWORD = "password"  # noqa: S105 – a code
    NAME = "name"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    LOST = "lost"
    FOLDER = "folder"
    PLAIN = "plain"
    SERVER = "server"
    SECRET = "secret"  # noqa: S105 – a code
    SIGNATURE = "signature"
    FORMAT = "format"


MANAGE_MAILBOXES: Final = Permission("mailbox.manage", frozenset({Role.ADMIN}))

MOST_MAILBOXES: Final = 32
"""Over IMAP: each has a connection of its own, held open."""
ITEM_ATTEMPTS: Final = 5
_QUICK: Final = timedelta(seconds=5)
_SLOW: Final = timedelta(minutes=5)
_MEND_BY_HAND: Final = frozenset({Trouble.PASSWORD, Trouble.PLAIN, Trouble.SECRET})
"""Asking again soon would not help, and locks accounts."""


def next_connection(trouble: Trouble, failures: int, now: datetime) -> datetime:
    """After so many failures in a row: 5 s doubling to 5 min, or 5 min doubling to an hour."""
    first = _SLOW if trouble in _MEND_BY_HAND else _QUICK
    longest = timedelta(hours=1) if trouble in _MEND_BY_HAND else _SLOW
    return now + min(first * (1 << min(failures - 1, 10)), longest)


def next_fetch(attempts: int, now: datetime) -> datetime | None:
    """Of one mail that could not be fetched: 5 s, 30 s, 3 min, 18 min. None: pass it over."""
    return now + timedelta(seconds=5) * 6 ** (attempts - 1) if attempts < ITEM_ATTEMPTS else None


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """None: quarantine it."""
    return now + timedelta(seconds=30) * 2**attempts if attempts < MAX_ATTEMPTS else None
