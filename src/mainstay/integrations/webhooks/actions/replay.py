"""Sending again by hand, and trying an endpoint out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, NotFound
from mainstay.core.ids import new_id
from mainstay.integrations.webhooks.actions.endpoints import locked_endpoint, record_on
from mainstay.integrations.webhooks.actions.waking import wake_sender
from mainstay.integrations.webhooks.events import DeliveriesReplayed
from mainstay.integrations.webhooks.models import Delivery, Endpoint
from mainstay.integrations.webhooks.queries import own_side
from mainstay.integrations.webhooks.rules import PING, DeliveryState, EndpointState, ping_body


def replay_delivery(actor: Actor, endpoint_id: UUID, delivery_id: UUID, *, at: datetime) -> Delivery:
    """The same body under the same id, with a new signature; also one that arrived already."""
    endpoint = locked_endpoint(actor, endpoint_id)
    _require_active(endpoint)
    found = Delivery.objects.select_for_update(no_key=True)
    row = found.filter(**own_side(actor), endpoint_id=endpoint.id, id=delivery_id).first()
    if row is None:
        raise NotFound
    row.state, row.next_at, row.queued_at, row.attempts = DeliveryState.QUEUED.value, at, at, 0
    row.save(update_fields=["state", "next_at", "queued_at", "attempts"])
    record_on(actor, endpoint, DeliveriesReplayed(endpoint.id, 1), at)
    wake_sender()
    return row


def replay_failed(actor: Actor, endpoint_id: UUID, *, since: datetime, at: datetime) -> int:
    """All that were given up, of what happened from then on."""
    endpoint = locked_endpoint(actor, endpoint_id)
    _require_active(endpoint)
    failed = Delivery.objects.filter(
        **own_side(actor), endpoint_id=endpoint.id, state=DeliveryState.FAILED, created_at__gte=since
    )
    count = failed.update(state=DeliveryState.QUEUED, next_at=at, queued_at=at, attempts=0)
    if count:
        record_on(actor, endpoint, DeliveriesReplayed(endpoint.id, count), at)
        wake_sender()
    return count


def send_test(actor: Actor, endpoint_id: UUID, *, at: datetime) -> Delivery:
    """Also to an endpoint that is switched off. Tried once."""
    endpoint = locked_endpoint(actor, endpoint_id)
    tests = Delivery.objects.filter(**own_side(actor), endpoint_id=endpoint.id, event_n__isnull=True)
    if tests.filter(state=DeliveryState.QUEUED).exists():
        raise Conflict(_("A test is on its way already."))
    delivery_id = new_id()
    row = Delivery.objects.create(
        id=delivery_id,
        tenant_id=endpoint.tenant_id,
        endpoint_id=endpoint.id,
        name=PING,
        body=ping_body(delivery_id, endpoint.id, endpoint.tenant_id, at),
        next_at=at,
        created_at=at,
        queued_at=at,
    )
    wake_sender()
    return row


def _require_active(endpoint: Endpoint) -> None:
    if endpoint.state != EndpointState.ACTIVE:
        raise Conflict(_("Switch the webhook on first."))
