"""JSON: a program's own webhooks, and what was sent to them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from ninja import Query

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.api.router import Router
from mainstay.core.api.schemas import Cursor, LimitQuery, PageOut
from mainstay.integrations.webhooks import actions
from mainstay.integrations.webhooks.queries import (
    page_of_deliveries,
    visible_delivery,
    visible_endpoint,
    visible_endpoints,
)
from mainstay.integrations.webhooks.rules import DeliveryState
from mainstay.integrations.webhooks.schemas import (
    DeliveryDetailOut,
    DeliveryOut,
    ReplayedOut,
    ReplayIn,
    WebhookChange,
    WebhookIn,
    WebhookOut,
    WebhookSecretOut,
    WebhooksOut,
    delivery_detail,
    delivery_out,
    webhook_out,
    webhook_with_secret,
)

router = Router(tags=["Webhooks"])


@router.get("")
def list_webhooks(actor: Actor) -> WebhooksOut:
    """The webhooks of the key's own side: of the customer, or of the operator."""
    return WebhooksOut(items=[webhook_out(row) for row in visible_endpoints(actor)])


@router.post("", response={201: WebhookSecretOut})
def create_webhook(actor: Actor, data: WebhookIn) -> WebhookSecretOut:
    """Sets one up. The answer holds the secret, which is not shown again."""
    row, secret = actions.create_endpoint(
        actor, url=data.url, description=data.description, event_names=data.events, at=clock.now()
    )
    return webhook_with_secret(row, secret)


@router.get("/{webhook_id}")
def read_webhook(actor: Actor, webhook_id: UUID) -> WebhookOut:
    """One of them."""
    return webhook_out(visible_endpoint(actor, webhook_id))


@router.patch("/{webhook_id}")
def change_webhook(actor: Actor, webhook_id: UUID, data: WebhookChange) -> WebhookOut:
    """Changes it, switches it off, or on again after a pause."""
    at = clock.now()
    row = actions.change_endpoint(
        actor, webhook_id, url=data.url, description=data.description, event_names=data.events, at=at
    )
    if data.is_on is not None:
        row = actions.switch_endpoint(actor, webhook_id, on=data.is_on, at=at)
    return webhook_out(row)


@router.delete("/{webhook_id}")
def remove_webhook(actor: Actor, webhook_id: UUID) -> None:
    """Removes it, with the log of its deliveries."""
    actions.remove_endpoint(actor, webhook_id, at=clock.now())


@router.post("/{webhook_id}/secret")
def rotate_webhook_secret(actor: Actor, webhook_id: UUID) -> WebhookSecretOut:
    """Makes a new secret; the former one signs beside it for a day."""
    row, secret = actions.rotate_secret(actor, webhook_id, at=clock.now())
    return webhook_with_secret(row, secret)


@router.post("/{webhook_id}/test")
def test_webhook(actor: Actor, webhook_id: UUID) -> DeliveryOut:
    """Sends `webhook.ping` there, once, also when it is switched off."""
    return delivery_out(actions.send_test(actor, webhook_id, at=clock.now()))


@router.get("/{webhook_id}/deliveries")
def list_deliveries(
    actor: Actor,
    webhook_id: UUID,
    state: Annotated[DeliveryState | None, Query()] = None,
    event: Annotated[str | None, Query(max_length=80)] = None,
    limit: LimitQuery = 50,
    cursor: Annotated[Cursor | None, Query()] = None,
) -> PageOut[DeliveryOut]:
    """What was sent there, and how it went; the newest first."""
    page = page_of_deliveries(
        actor, webhook_id, state=state or "", name=event or "", cursor=cursor, limit=limit
    )
    return PageOut[DeliveryOut](items=[delivery_out(row) for row in page.rows], next_cursor=page.next_cursor)


@router.get("/{webhook_id}/deliveries/{delivery_id}")
def read_delivery(actor: Actor, webhook_id: UUID, delivery_id: UUID) -> DeliveryDetailOut:
    """One of them, with what was sent and the beginning of the answer."""
    return delivery_detail(visible_delivery(actor, webhook_id, delivery_id))


@router.post("/{webhook_id}/deliveries/{delivery_id}/replay")
def replay_delivery(actor: Actor, webhook_id: UUID, delivery_id: UUID) -> DeliveryOut:
    """Sends it again, with the same id and body."""
    return delivery_out(actions.replay_delivery(actor, webhook_id, delivery_id, at=clock.now()))


@router.post("/{webhook_id}/replay")
def replay_failed_deliveries(actor: Actor, webhook_id: UUID, data: ReplayIn) -> ReplayedOut:
    """Sends again what was given up, of everything that happened since a moment."""
    count = actions.replay_failed(actor, webhook_id, since=data.since, at=clock.now())
    return ReplayedOut(count=count)
