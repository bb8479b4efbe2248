"""Events of a ticket are for whom the ticket is for."""

from __future__ import annotations

from datetime import datetime

from mainstay.core.actor import Actor
from mainstay.core.events.actions import record
from mainstay.core.events.types import Fact, Happening, Visibility
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Audience


def record_about(
    actor: Actor,
    ticket: Ticket,
    happening: Happening,
    *,
    at: datetime,
    visibility: Visibility | None = None,
) -> Fact:
    """What happens while a ticket is in the customer's own queue stays the customer's, also once the operator
    has the ticket."""
    if ticket.audience == Audience.TENANT:
        visibility = Visibility.TENANT
    return record(actor, happening, tenant_id=ticket.tenant_id, at=at, visibility=visibility)
