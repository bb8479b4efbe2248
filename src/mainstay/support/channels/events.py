from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, Visibility, event


@event(
    "mail.assigned",
    subject="mail",
    sentence=_("{actor} assigned a mail from triage to this customer"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class MailAssigned(Happening):
    mail_id: UUID
    to_tenant_id: UUID


@event("mail.released", subject="mail", sentence=_("{actor} let a mail in"), visibility=Visibility.OPERATOR)
@dataclass(frozen=True)
class MailReleased(Happening):
    mail_id: UUID


@event(
    "mail.discarded", subject="mail", sentence=_("{actor} put a mail aside"), visibility=Visibility.OPERATOR
)
@dataclass(frozen=True)
class MailDiscarded(Happening):
    mail_id: UUID


@event(
    "mail.bounced",
    subject="ticket",
    sentence=_("A mail could not be delivered"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class MailBounced(Happening):
    """An answer of ours came back; `is_permanent` decides whether the address is still written to."""

    ticket_id: UUID
    mail_id: UUID
    status: str
    is_permanent: bool


@event(
    "mailbox.added", subject="mailbox", sentence=_("{actor} added a mailbox"), visibility=Visibility.OPERATOR
)
@dataclass(frozen=True)
class MailboxAdded(Happening):
    mailbox_id: UUID
    kind: str


@event(
    "mailbox.changed",
    subject="mailbox",
    sentence=_("{actor} changed a mailbox"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class MailboxChanged(Happening):
    mailbox_id: UUID
    changed: tuple[str, ...]
    """Names of the settings, not what they are."""


@event(
    "mailbox.paused",
    subject="mailbox",
    sentence=_("{actor} paused a mailbox"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class MailboxPaused(Happening):
    mailbox_id: UUID


@event(
    "mailbox.resumed",
    subject="mailbox",
    sentence=_("{actor} let a mailbox work again"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class MailboxResumed(Happening):
    mailbox_id: UUID


@event(
    "mailbox.removed",
    subject="mailbox",
    sentence=_("{actor} removed a mailbox"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class MailboxRemoved(Happening):
    mailbox_id: UUID
    kind: str


@event(
    "mailbox.failed",
    subject="mailbox",
    sentence=_("A mailbox no longer works"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class MailboxFailed(Happening):
    mailbox_id: UUID
    trouble: str
    failing_since: datetime


@event(
    "mailbox.recovered",
    subject="mailbox",
    sentence=_("A mailbox works again"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class MailboxRecovered(Happening):
    mailbox_id: UUID
    failing_since: datetime | None
