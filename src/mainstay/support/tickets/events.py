from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, Visibility, event
from mainstay.support.tickets.labels import PRIORITIES, STATUSES


@event("ticket.opened", subject="ticket", sentence=_("{actor} opened the ticket"))
@dataclass(frozen=True)
class TicketOpened(Happening):
    ticket_id: UUID
    number: int
    message_id: UUID
    severity: str
    proposed_severity: str | None
    source: str
    audience: str
    is_platform_issue: bool = False
    """Of a portal user, about the product itself."""
    is_automatic: bool = False
    """Opened by a machine's mail (auto-reply, bounce): nobody is to be answered."""


@event("ticket.imported", subject="ticket", sentence=_("{actor} imported the ticket from another system"))
@dataclass(frozen=True)
class TicketImported(Happening):
    """History: nothing is promised, nobody is told."""

    ticket_id: UUID
    number: int
    message_count: int


@event("ticket.replied", subject="ticket", sentence=_("{actor} wrote a message"))
@dataclass(frozen=True)
class TicketReplied(Happening):
    """A message everybody on the ticket can read. `is_automatic`: it satisfies no promise, it answers nobody."""

    ticket_id: UUID
    message_id: UUID
    sender: str
    source: str
    is_automatic: bool = False


@event(
    "ticket.noted",
    subject="ticket",
    sentence=_("{actor} wrote an internal note"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class TicketNoted(Happening):
    ticket_id: UUID
    message_id: UUID
    mentioned: tuple[UUID, ...] = ()
    """Staff who are called by name in it."""


@event(
    "ticket.status_changed",
    subject="ticket",
    sentence=_("{actor} changed the status from {old} to {new}"),
    words={"old": STATUSES, "new": STATUSES},
)
@dataclass(frozen=True)
class TicketStatusChanged(Happening):
    ticket_id: UUID
    old: str
    new: str
    reason: str = ""


@event(
    "ticket.severity_changed",
    subject="ticket",
    sentence=_("{actor} changed the severity from {old} to {new}"),
)
@dataclass(frozen=True)
class TicketSeverityChanged(Happening):
    ticket_id: UUID
    old: str
    new: str
    confirms_proposal: bool = False


@event(
    "ticket.assigned",
    subject="ticket",
    sentence=_("{actor} assigned the ticket"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class TicketAssigned(Happening):
    ticket_id: UUID
    old: UUID | None
    new: UUID | None


@event(
    "ticket.classified",
    subject="ticket",
    sentence=_("{actor} changed category, tags or priority"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class TicketClassified(Happening):
    ticket_id: UUID
    category: str
    priority: str


@event(
    "ticket.escalated",
    subject="ticket",
    sentence=_("{actor} passed the ticket on to the operator"),
)
@dataclass(frozen=True)
class TicketEscalated(Happening):
    """From the customer's own queue to the operator, whose promises begin here. It is open again."""

    ticket_id: UUID
    escalation_id: UUID
    old_status: str
    severity: str
    proposed_severity: str | None


@event(
    "ticket.given",
    subject="ticket",
    sentence=_("{actor} changed who of the customer works on the ticket"),
    visibility=Visibility.TENANT,
)
@dataclass(frozen=True)
class TicketGiven(Happening):
    ticket_id: UUID
    old: UUID | None
    new: UUID | None


@event(
    "ticket.priority_changed",
    subject="ticket",
    sentence=_("{actor} changed the priority from {old} to {new}"),
    visibility=Visibility.TENANT,
    words={"old": PRIORITIES, "new": PRIORITIES},
)
@dataclass(frozen=True)
class TicketPriorityChanged(Happening):
    """In the customer's own queue."""

    ticket_id: UUID
    old: str
    new: str


@event("ticket.shared", subject="ticket", sentence=_("{actor} shared the ticket"))
@dataclass(frozen=True)
class TicketShared(Happening):
    ticket_id: UUID
    member_id: UUID | None
    with_everybody: bool = False


@event("ticket.unshared", subject="ticket", sentence=_("{actor} stopped sharing the ticket"))
@dataclass(frozen=True)
class TicketUnshared(Happening):
    ticket_id: UUID
    member_id: UUID | None
    with_everybody: bool = False


@event("ticket.followed_up", subject="ticket", sentence=_("{actor} answered after the ticket was closed"))
@dataclass(frozen=True)
class TicketFollowedUp(Happening):
    """On the closed ticket: the reply went to `new_ticket_id`."""

    ticket_id: UUID
    new_ticket_id: UUID
