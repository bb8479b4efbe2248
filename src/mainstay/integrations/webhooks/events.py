"""What happens to webhooks themselves. Addresses stay in the endpoint's row: they may hold a secret."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, event
from mainstay.integrations.webhooks.labels import ENDPOINT_STATES, PARTS


@event("webhook.created", subject="endpoint", sentence=_("{actor} set up a webhook"))
@dataclass(frozen=True)
class EndpointCreated(Happening):
    endpoint_id: UUID
    events: tuple[str, ...]


@event(
    "webhook.changed",
    subject="endpoint",
    sentence=_("{actor} changed a webhook: {changed}"),
    words={"changed": PARTS},
)
@dataclass(frozen=True)
class EndpointChanged(Happening):
    endpoint_id: UUID
    changed: tuple[str, ...]


@event("webhook.secret_rotated", subject="endpoint", sentence=_("{actor} made a new secret for a webhook"))
@dataclass(frozen=True)
class SecretRotated(Happening):
    endpoint_id: UUID


@event(
    "webhook.state_changed",
    subject="endpoint",
    sentence=_("{actor} switched a webhook from “{old}” to “{new}”"),
    words={"old": ENDPOINT_STATES, "new": ENDPOINT_STATES},
)
@dataclass(frozen=True)
class EndpointStateChanged(Happening):
    endpoint_id: UUID
    old: str
    new: str


@event("webhook.removed", subject="endpoint", sentence=_("{actor} removed a webhook"))
@dataclass(frozen=True)
class EndpointRemoved(Happening):
    endpoint_id: UUID


@event(
    "webhook.replayed",
    subject="endpoint",
    sentence=_("{actor} had deliveries of a webhook sent again: {count}"),
)
@dataclass(frozen=True)
class DeliveriesReplayed(Happening):
    endpoint_id: UUID
    count: int
