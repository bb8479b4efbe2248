"""Reads: each side its own endpoints, and what was sent to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.core.pages import Page, encode_cursor, read_cursor
from mainstay.integrations.webhooks.models import Delivery, Endpoint
from mainstay.integrations.webhooks.rules import SEE_WEBHOOKS, DeliveryState


def visible_endpoints(actor: Actor) -> QuerySet[Endpoint]:
    actor.require(SEE_WEBHOOKS)
    return Endpoint.objects.filter(**own_side(actor)).order_by("id")


def visible_endpoint(actor: Actor, endpoint_id: UUID) -> Endpoint:
    found = visible_endpoints(actor).filter(id=endpoint_id).first()
    if found is None:
        raise NotFound
    return found


def waiting_counts(actor: Actor) -> dict[UUID, int]:
    """Of each endpoint, what is not delivered yet."""
    actor.require(SEE_WEBHOOKS)
    open_states = (DeliveryState.QUEUED, DeliveryState.HELD)
    rows = Delivery.objects.filter(**own_side(actor), state__in=open_states).values_list("endpoint_id")
    return dict(rows.annotate(count=Count("id")).order_by())


def page_of_deliveries(
    actor: Actor,
    endpoint_id: UUID,
    *,
    state: str = "",
    name: str = "",
    since: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Delivery]:
    """The newest first, without what was sent and answered."""
    endpoint = visible_endpoint(actor, endpoint_id)
    found = Delivery.objects.filter(**own_side(actor), endpoint_id=endpoint.id).defer("body", "answer")
    if state:
        found = found.filter(state=state)
    if name:
        found = found.filter(name=name)
    if since:
        found = found.filter(created_at__gte=since)
    if cursor:
        found = found.filter(id__lt=read_cursor(cursor, UUID)[0])
    rows = list(found.order_by("-id")[: limit + 1])
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], encode_cursor([rows[limit - 1].id]))


def visible_delivery(actor: Actor, endpoint_id: UUID, delivery_id: UUID) -> Delivery:
    actor.require(SEE_WEBHOOKS)
    found = Delivery.objects.filter(**own_side(actor), endpoint_id=endpoint_id, id=delivery_id)
    row = found.select_related("endpoint").first()
    if row is None:
        raise NotFound
    return row


def counts_by_state(actor: Actor, endpoint_id: UUID) -> dict[str, int]:
    actor.require(SEE_WEBHOOKS)
    found = Delivery.objects.filter(**own_side(actor), endpoint_id=endpoint_id)
    return dict(found.values_list("state").annotate(count=Count("id")).order_by())


def own_side(actor: Actor) -> dict[str, Any]:
    """A customer's own, or the operator's own; nobody sees both."""
    return side_of(actor.tenant_id)


def side_of(tenant_id: UUID | None) -> dict[str, Any]:
    return {"tenant_id__isnull": True} if tenant_id is None else {"tenant_id": tenant_id}
