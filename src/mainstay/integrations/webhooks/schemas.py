"""Webhooks as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from mainstay.core.api.schemas import Incoming, Outgoing
from mainstay.integrations.webhooks.models import Delivery, Endpoint
from mainstay.integrations.webhooks.rules import LONGEST_URL, DeliveryState, EndpointState

Url = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_URL)]
Description = Annotated[str, StringConstraints(max_length=200)]
EventName = Annotated[str, StringConstraints(max_length=80)]
EventNames = Annotated[list[EventName], Field(max_length=200)]


class WebhookIn(Incoming):
    url: Url
    description: Description = ""
    events: EventNames = Field(default_factory=list, description="Names of events; empty: all.")


class WebhookChange(Incoming):
    """What is left out stays as it is."""

    url: Url | None = None
    description: Description | None = None
    events: EventNames | None = Field(None, description="Names of events; empty: all.")
    is_on: bool | None = Field(
        None, description="Off: nothing is collected. On: what was held is sent, also after it was paused."
    )


class ReplayIn(Incoming):
    since: AwareDatetime = Field(description="All that were given up, of what happened from then on.")


class ReplayedOut(Outgoing):
    count: int


class WebhookOut(Outgoing):
    id: UUID
    url: str
    description: str
    events: list[str] = Field(description="Empty: all.")
    state: EndpointState
    created_at: datetime
    last_success_at: datetime | None
    failing_since: datetime | None
    old_secret_until: datetime | None = Field(description="Until then the former secret signs as well.")


class WebhooksOut(Outgoing):
    items: list[WebhookOut]


class WebhookSecretOut(WebhookOut):
    secret: str = Field(description="Shown this once.")


class DeliveryOut(Outgoing):
    id: UUID = Field(description="What the receiver gets as X-Mainstay-Delivery; the same at each try.")
    event: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    tried_at: datetime | None
    next_at: datetime | None
    status: int | None = Field(description="Of the last answer; null where there was none.")
    seconds: float | None
    error: str = Field(description="A code, where there was no answer: `timeout`, `dns`, `private` …")


class DeliveryDetailOut(DeliveryOut):
    body: str
    answer: str = Field(description="The first 2 kB of the last answer.")


def webhook_out(row: Endpoint) -> WebhookOut:
    return WebhookOut(**_webhook(row))


def webhook_with_secret(row: Endpoint, secret: str) -> WebhookSecretOut:
    return WebhookSecretOut(**_webhook(row), secret=secret)


def _webhook(row: Endpoint) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.url,
        "description": row.description,
        "events": list(row.event_names),
        "state": EndpointState(row.state),
        "created_at": row.created_at,
        "last_success_at": row.last_success_at,
        "failing_since": row.failing_since,
        "old_secret_until": row.old_secret_until,
    }


def delivery_out(row: Delivery) -> DeliveryOut:
    return DeliveryOut(**_delivery(row))


def delivery_detail(row: Delivery) -> DeliveryDetailOut:
    return DeliveryDetailOut(**_delivery(row), body=row.body, answer=row.answer)


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.id,
        "event": row.name,
        "state": DeliveryState(row.state),
        "attempts": row.attempts,
        "created_at": row.created_at,
        "tried_at": row.tried_at,
        "next_at": row.next_at,
        "status": row.status,
        "seconds": row.seconds,
        "error": row.error,
    }
