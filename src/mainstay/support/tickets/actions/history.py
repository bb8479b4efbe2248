"""Tickets of the past, from another system: they are told about, and start nothing. No clock, no mail, no routing
hangs on `ticket.imported`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from mainstay.core.actor import Actor
from mainstay.core.bulk import insert_rows
from mainstay.core.events.actions import record_set
from mainstay.core.ids import new_id
from mainstay.support.tickets.events import TicketImported
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.rules import (
    IMPORT_HISTORY,
    Audience,
    MessageVisibility,
    Sender,
    Severity,
    Source,
    Status,
    priority_for,
)

_DONE: Final = frozenset({Status.RESOLVED, Status.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMessage:
    at: datetime
    sender: Sender
    body: str
    member_id: UUID | None = None
    staff_id: UUID | None = None
    is_note: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTicket:
    """`messages` in the order of time, at least one."""

    tenant_id: UUID
    requester_id: UUID
    key: str
    subject: str
    messages: Sequence[PastMessage]
    status: Status = Status.CLOSED
    severity: Severity = Severity.P3
    category: str = ""
    module: str = ""
    source: Source = Source.API
    tags: tuple[str, ...] = ()
    custom: dict[str, Any] = field(default_factory=dict)
    language: str = "en"
    opened_at: datetime | None = None
    resolved_at: datetime | None = None


def import_tickets(actor: Actor, tickets: Sequence[PastTicket], *, at: datetime) -> list[UUID]:
    """The ids, in the order given."""
    actor.require(IMPORT_HISTORY)
    rows = [_ticket(past, at) for past in tickets]
    numbers = dict(
        insert_rows(Ticket, rows, computed={"number": "nextval('ticket_number')"}, returning=("id", "number"))
    )
    messages = [
        _message(row, said) for row, past in zip(rows, tickets, strict=True) for said in past.messages
    ]
    insert_rows(Message, messages)
    events = [
        (row["tenant_id"], TicketImported(row["id"], numbers[row["id"]], len(past.messages)))
        for row, past in zip(rows, tickets, strict=True)
    ]
    record_set(actor, events, at=at)
    return [row["id"] for row in rows]


def _ticket(past: PastTicket, at: datetime) -> dict[str, Any]:
    said = [message for message in past.messages if not message.is_note] or list(past.messages)
    first, last = past.messages[0], said[-1]
    answers = [m.at for m in said if m.sender is Sender.AGENT]
    resolved_at = (past.resolved_at or last.at) if past.status in _DONE else None
    return {
        "id": new_id(),
        "tenant_id": past.tenant_id,
        "requester_id": past.requester_id,
        "subject": past.subject,
        "severity": past.severity,
        "priority": priority_for(past.severity, past.category),
        "category": past.category,
        "module": past.module,
        "status": past.status,
        "source": past.source,
        "audience": Audience.OPERATOR,
        "tags": list(past.tags),
        "custom": past.custom,
        "language": past.language,
        "external_ids": {"import": past.key},
        "body_hash": sha256(f"{past.subject}\0{first.body}".encode()).hexdigest(),
        "opened_at": past.opened_at or first.at,
        "first_response_at": min(answers, default=None),
        "resolved_at": resolved_at,
        "closed_at": resolved_at if past.status is Status.CLOSED else None,
        "last_message_at": last.at,
        "last_sender": last.sender,
        "message_count": len(said),
        "updated_at": at,
    }


def _message(ticket: dict[str, Any], said: PastMessage) -> dict[str, Any]:
    return {
        "id": new_id(),
        "tenant_id": ticket["tenant_id"],
        "ticket_id": ticket["id"],
        "sender": said.sender,
        "member_id": said.member_id,
        "staff_id": said.staff_id,
        "visibility": MessageVisibility.OPERATOR if said.is_note else MessageVisibility.ALL,
        "source": ticket["source"],
        "body": said.body,
        "body_format": "mail",
        "created_at": said.at,
    }
