"""How a delivery or an endpoint looks, in words and meaning."""

from __future__ import annotations

from typing import Any, Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mainstay.core.outgoing.labels import FAILURES, REFUSALS
from mainstay.integrations.webhooks.labels import DELIVERY_STATES, ENDPOINT_STATES
from mainstay.integrations.webhooks.models import Delivery, Endpoint
from mainstay.integrations.webhooks.rules import DeliveryState, EndpointState

_ENDPOINT_MEANINGS: Final = {
    EndpointState.ACTIVE: "good",
    EndpointState.OFF: "neutral",
    EndpointState.FAILING: "critical",
    EndpointState.GONE: "warning",
}
DELIVERY_MEANINGS: Final = {
    DeliveryState.QUEUED: "notice",
    DeliveryState.DELIVERED: "good",
    DeliveryState.FAILED: "critical",
    DeliveryState.HELD: "warning",
}
_OTHERS: Final[dict[str, str | LazyText]] = {
    "secret": gettext_lazy("The secret could not be opened; an administrator must look."),
    "other": gettext_lazy("The request could not be made."),
}
ERRORS: Final[dict[str, str | LazyText]] = {**REFUSALS, **FAILURES, **_OTHERS}


def endpoint_state(endpoint: Endpoint) -> tuple[str | LazyText, str]:
    """Word and meaning. One that works on, but not at the moment, says so."""
    if endpoint.state == EndpointState.ACTIVE and endpoint.failing_since:
        return _("Failing"), "warning"
    return ENDPOINT_STATES[endpoint.state], _ENDPOINT_MEANINGS[EndpointState(endpoint.state)]


def outcome_words(row: Delivery) -> str:
    """Of the last try."""
    if row.status is not None:
        return _("Answered %(status)d") % {"status": row.status}
    return str(ERRORS.get(row.error, row.error)) if row.error else ""


def delivery_row(row: Delivery) -> dict[str, Any]:
    return {
        "delivery": row,
        "word": DELIVERY_STATES[row.state],
        "meaning": DELIVERY_MEANINGS[DeliveryState(row.state)],
        "outcome": outcome_words(row),
    }
