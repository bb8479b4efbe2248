from __future__ import annotations

from dataclasses import dataclass
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
