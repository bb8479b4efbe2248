"""Resolved tickets that nobody spoke on close by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from mainstay.core.actor import system_actor
from mainstay.core.house.current import house
from mainstay.core.wall.scope import scope, sweep
from mainstay.support.tickets.actions.change import move_to
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Status


def close_resolved(at: datetime, limit: int = 200) -> int:
    """Opens its own scopes: one look over everybody, then a transaction for each customer. Returns how many."""
    due: dict[UUID, list[UUID]] = {}
    resolved_by = at - timedelta(days=house().close_after_days)
    with sweep("close_resolved"):
        ripe = Ticket.objects.filter(status=Status.RESOLVED, resolved_at__lte=resolved_by)
        for tenant_id, ticket_id in ripe.order_by("resolved_at").values_list("tenant_id", "id")[:limit]:
            due.setdefault(tenant_id, []).append(ticket_id)
    return sum(_close(tenant_id, ids, resolved_by, at) for tenant_id, ids in due.items())


def _close(tenant_id: UUID, ids: list[UUID], resolved_by: datetime, at: datetime) -> int:
    with scope(system_actor(tenant_id)) as actor:
        still = Ticket.objects.filter(
            tenant_id=tenant_id, id__in=ids, status=Status.RESOLVED, resolved_at__lte=resolved_by
        )
        tickets = list(still.select_for_update(skip_locked=True).order_by("id"))
        for ticket in tickets:
            move_to(actor, ticket, Status.CLOSED, at=at, reason="no_answer")
    return len(tickets)
