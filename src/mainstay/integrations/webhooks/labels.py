"""Words for what a webhook can be."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.integrations.webhooks.rules import DeliveryState, EndpointState

Words = dict[str, str | LazyText]
ENDPOINT_STATES: Final[Words] = {
    EndpointState.ACTIVE: _("On"),
    EndpointState.OFF: _("Off"),
    EndpointState.FAILING: _("Paused after failures"),
    EndpointState.GONE: _("Wants no more"),
}
DELIVERY_STATES: Final[Words] = {
    DeliveryState.QUEUED: _("Waiting"),
    DeliveryState.DELIVERED: _("Delivered"),
    DeliveryState.FAILED: _("Not delivered"),
    DeliveryState.HELD: _("Held"),
}
PARTS: Final[Words] = {
    "url": _("address"),
    "description": _("description"),
    "event_names": _("events"),
}
