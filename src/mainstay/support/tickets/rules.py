"""What a ticket is, how it may change, who may do what. Transitions first: they are the contract."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mainstay.core.actor import PORTAL_ROLES, TENANT_MANAGERS, Actor, Permission, Role

SUBJECT_LIMIT: Final = 300
BODY_LIMIT: Final = 100_000
ESCALATION_NOTE_LIMIT: Final = 5_000
TAG_LIMIT: Final = 60
FILES_LIMIT: Final = 20
"""Files with one message of a form."""


class Status(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting_on_customer"
    RESOLVED = "resolved"
    CLOSED = "closed"


TRANSITIONS: Final[dict[Status, frozenset[Status]]] = {
    Status.OPEN: frozenset({Status.IN_PROGRESS, Status.WAITING, Status.RESOLVED, Status.CLOSED}),
    Status.IN_PROGRESS: frozenset({Status.OPEN, Status.WAITING, Status.RESOLVED, Status.CLOSED}),
    Status.WAITING: frozenset({Status.OPEN, Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED}),
    Status.RESOLVED: frozenset({Status.OPEN, Status.IN_PROGRESS, Status.CLOSED}),
    Status.CLOSED: frozenset(),  # a customer's reply starts a linked follow-up instead
}
ACTIVE: Final = frozenset({Status.OPEN, Status.IN_PROGRESS, Status.WAITING})
# What the customer's side may do by itself: say that it is solved, or that it is not.
CUSTOMER_TRANSITIONS: Final[dict[Status, frozenset[Status]]] = {
    Status.OPEN: frozenset({Status.RESOLVED}),
    Status.IN_PROGRESS: frozenset({Status.RESOLVED}),
    Status.WAITING: frozenset({Status.RESOLVED}),
    Status.RESOLVED: frozenset({Status.OPEN}),
    Status.CLOSED: frozenset(),
}


class Severity(StrEnum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class Priority(StrEnum):
    URGENT = "urgent"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Source(StrEnum):
    IN_APP = "in_app"
    PORTAL = "portal"
    EMAIL = "email"
    CHAT = "chat"
    SLACK = "slack"
    PHONE = "phone"
    API = "api"


class Audience(StrEnum):
    OPERATOR = "operator"
    TENANT = "tenant"


class MessageVisibility(StrEnum):
    """`all`: everybody on the ticket; `tenant`: the customer's side; `operator`: an internal note."""

    ALL = "all"
    TENANT = "tenant"
    OPERATOR = "operator"


class Sender(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"


DEFAULT_SEVERITY: Final = Severity.P3
FORMLESS_SOURCES: Final = frozenset({Source.EMAIL, Source.SLACK, Source.PHONE})
"""Doors without a form: a P1 from them is only proposed, until an agent or a rule confirms it."""

_SUPPORT: Final = frozenset({Role.AGENT, Role.SUPPORT_MANAGER, Role.ENGINEER, Role.ADMIN})
_STAFF_READERS: Final = _SUPPORT | {
    Role.CSM,
    Role.CS_MANAGER,
    Role.PRODUCT,
    Role.SERVICES,
    Role.EXECUTIVE,
}
_MEMBERS: Final = TENANT_MANAGERS | {Role.PM, Role.FIELD, Role.CLIENT, Role.VENDOR}

SEE_TICKETS: Final = Permission("tickets.see", _STAFF_READERS | _MEMBERS, "tickets:read")
OPEN_TICKETS: Final = Permission("tickets.open", _SUPPORT | _MEMBERS | {Role.CSM}, "tickets:write")
REPLY: Final = Permission("tickets.reply", _SUPPORT | _MEMBERS | {Role.CSM}, "tickets:write")
WRITE_NOTES: Final = Permission("tickets.note", _STAFF_READERS, "tickets:notes")
CHANGE_STATUS: Final = Permission("tickets.change_status", _SUPPORT | _MEMBERS, "tickets:write")
TRIAGE: Final = Permission("tickets.triage", _SUPPORT, "tickets:triage")
"""Severity, category, assignee: the agents' side of a ticket."""
SHARE: Final = Permission(
    "tickets.share", _SUPPORT | TENANT_MANAGERS | {Role.PM, Role.FIELD}, "tickets:write"
)
_OWN_PEOPLE: Final = TENANT_MANAGERS | {Role.PM, Role.FIELD}
HANDLE: Final = Permission("tickets.handle", _OWN_PEOPLE, "tickets:triage")
"""Work on a ticket of the customer's own queue; people who do not manage it only on what is given to them."""
GIVE: Final = Permission("tickets.give", TENANT_MANAGERS, "tickets:triage")
"""See the customer's own queue, and say who of the customer works on a ticket there."""
WRITE_TENANT_NOTES: Final = Permission("tickets.tenant_note", _OWN_PEOPLE, "tickets:notes")
ESCALATE: Final = Permission("tickets.escalate", TENANT_MANAGERS, "tickets:write")
IMPORT_HISTORY: Final = Permission("tickets.import", frozenset({Role.ADMIN}))


def is_portal_user(actor: Actor) -> bool:
    """One of the people of a customer's own portal, who know of their own tickets alone."""
    return not actor.roles.isdisjoint(PORTAL_ROLES)


def sees_promises(actor: Actor) -> bool:
    """The operator's promises are made to its customer, not to the people of the customer's own portal."""
    return not is_portal_user(actor)


def allowed_transitions(status: Status, *, is_handler: bool) -> frozenset[Status]:
    """`is_handler`: of who works on it; else of who asked."""
    return (TRANSITIONS if is_handler else CUSTOMER_TRANSITIONS)[status]


def starting_audience(*, is_portal_user: bool, is_platform_issue: bool, by_operator: bool) -> Audience:
    """What a portal user asks is the customer's to answer, unless it is about the product itself. What the
    operator's own people write down (a call, say) they have already."""
    if is_portal_user and not is_platform_issue and not by_operator:
        return Audience.TENANT
    return Audience.OPERATOR


@dataclass(frozen=True, slots=True)
class AfterReply:
    """What a public message does to its ticket."""

    status: Status
    starts_follow_up: bool = False


def after_customer_message(status: Status) -> AfterReply:
    if status is Status.CLOSED:
        return AfterReply(status, starts_follow_up=True)
    if status in (Status.WAITING, Status.RESOLVED):
        return AfterReply(Status.OPEN)
    return AfterReply(status)


def priority_for(severity: Severity, category: str = "", *, is_reproducible: bool | None = None) -> Priority:
    """TKT-4's default table; a bug is high only when it can be reproduced."""
    if severity is Severity.P1:
        return Priority.URGENT
    if (category == "bug" and is_reproducible) or category == "billing":
        return Priority.HIGH
    if category == "feature_request":
        return Priority.LOW
    return Priority.MEDIUM


def starting_severity(
    wanted: Severity | None, source: Source, *, is_portal_user: bool
) -> tuple[Severity, Severity | None]:
    """The severity a ticket starts with, and the one that is only proposed."""
    if wanted is None:
        return DEFAULT_SEVERITY, None
    if wanted is Severity.P1 and (source in FORMLESS_SOURCES or is_portal_user):
        return DEFAULT_SEVERITY, Severity.P1
    return wanted, None


_MENTION: Final = re.compile(r"(?<![\w@.])@([\w][\w.-]{0,60})")


def mentioned_names(body: str) -> frozenset[str]:
    """Every `@name` in a note, in lower case, without the full stop that ends a sentence."""
    return frozenset(found.rstrip(".-").casefold() for found in _MENTION.findall(body))
