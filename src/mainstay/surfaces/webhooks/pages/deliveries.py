"""One webhook with what was sent to it; one delivery; sending again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, Invalid
from mainstay.core.events.types import event_types
from mainstay.integrations.webhooks.actions import replay_delivery, replay_failed, send_test
from mainstay.integrations.webhooks.labels import DELIVERY_STATES
from mainstay.integrations.webhooks.models import Delivery
from mainstay.integrations.webhooks.queries import (
    counts_by_state,
    page_of_deliveries,
    visible_delivery,
    visible_endpoint,
)
from mainstay.integrations.webhooks.rules import (
    MANAGE_WEBHOOKS,
    PING,
    DeliveryState,
    EndpointState,
    event_choices,
    headers_of,
)
from mainstay.people.access.doors import own_page
from mainstay.surfaces.webhooks.doors import side_render
from mainstay.surfaces.webhooks.forms import SinceForm
from mainstay.surfaces.webhooks.labels import delivery_row, endpoint_state


@require_http_methods(["GET", "HEAD"])
@own_page
def webhook(request: HttpRequest, actor: Actor, endpoint_id: UUID) -> HttpResponse:
    endpoint = visible_endpoint(actor, endpoint_id)
    state, name = request.GET.get("state", ""), request.GET.get("event", "")
    if state and state not in set(DeliveryState):
        raise Invalid(fields={"state": [_("There is no such choice.")]})
    page = page_of_deliveries(
        actor, endpoint_id, state=state, name=name, cursor=request.GET.get("after") or None
    )
    names = endpoint.event_names or event_choices(event_types(), is_operators=actor.is_staff)
    context = {
        "endpoint": endpoint,
        "state": endpoint_state(endpoint),
        "is_on": endpoint.state == EndpointState.ACTIVE,
        "is_stopped": endpoint.state in (EndpointState.FAILING, EndpointState.GONE),
        "counts": counts_by_state(actor, endpoint_id),
        "rows": [delivery_row(row) for row in page.rows],
        "next_cursor": page.next_cursor,
        "states": [(code, word) for code, word in DELIVERY_STATES.items()],
        "names": [(one, one) for one in [*names, PING]],
        "is_filtered": bool(state or name),
        "since_form": SinceForm(initial={"since": clock.now().date()}),
    }
    return side_render(request, actor, "webhooks/webhook.html", context)


@require_http_methods(["GET", "HEAD"])
@own_page
def delivery(request: HttpRequest, actor: Actor, endpoint_id: UUID, sent_id: UUID) -> HttpResponse:
    row = visible_delivery(actor, endpoint_id, sent_id)
    context = {
        **delivery_row(row),
        "endpoint": row.endpoint,
        "headers": headers_of(row.id, row.name, "t=…,v1=…"),
        "body": _readable(row),
        "can_be_sent": row.endpoint.state == EndpointState.ACTIVE and row.state != DeliveryState.QUEUED,
    }
    return side_render(request, actor, "webhooks/delivery.html", context)


def _readable(row: Delivery) -> str:
    return json.dumps(json.loads(row.body), indent=2, ensure_ascii=False)


@require_POST
@own_page
def test(request: HttpRequest, actor: Actor, endpoint_id: UUID) -> HttpResponse:
    try:
        row = send_test(actor, endpoint_id, at=clock.now())
    except Conflict as conflict:
        messages.error(request, str(conflict.detail))
        return redirect("webhook", endpoint_id=endpoint_id)
    messages.success(request, _("The test is on its way."))
    return redirect("webhook_delivery", endpoint_id=endpoint_id, sent_id=row.id)


@require_POST
@own_page
def replay(request: HttpRequest, actor: Actor, endpoint_id: UUID, sent_id: UUID) -> HttpResponse:
    try:
        replay_delivery(actor, endpoint_id, sent_id, at=clock.now())
        messages.success(request, _("It is sent again within moments."))
    except Conflict as conflict:
        messages.error(request, str(conflict.detail))
    return redirect("webhook_delivery", endpoint_id=endpoint_id, sent_id=sent_id)


@require_POST
@own_page
def replay_all(request: HttpRequest, actor: Actor, endpoint_id: UUID) -> HttpResponse:
    visible_endpoint(actor, endpoint_id)
    actor.require(MANAGE_WEBHOOKS)
    form = SinceForm(request.POST)
    if not form.is_valid():
        raise Invalid(fields={"since": [_("Choose a day.")]})
    since = datetime.combine(form.cleaned_data["since"], time(), UTC)
    try:
        count = replay_failed(actor, endpoint_id, since=since, at=clock.now())
        said = ngettext("%(count)d delivery is sent again.", "%(count)d deliveries are sent again.", count)
        messages.success(request, said % {"count": count})
    except Conflict as conflict:
        messages.error(request, str(conflict.detail))
    return redirect("webhook", endpoint_id=endpoint_id)
