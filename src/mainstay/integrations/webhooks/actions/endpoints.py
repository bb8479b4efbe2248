"""Setting up endpoints: each side its own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, Invalid, NotFound, Text
from mainstay.core.events.actions import record
from mainstay.core.events.types import Fact, Happening, Visibility, event_types
from mainstay.core.outgoing import OutgoingRefused, check_url, operator_guard, public_guard
from mainstay.integrations.webhooks.actions.waking import wake_sender
from mainstay.integrations.webhooks.events import (
    EndpointChanged,
    EndpointCreated,
    EndpointRemoved,
    EndpointStateChanged,
    SecretRotated,
)
from mainstay.integrations.webhooks.models import Delivery, Endpoint
from mainstay.integrations.webhooks.queries import own_side, side_of
from mainstay.integrations.webhooks.rules import (
    LONGEST_URL,
    MANAGE_WEBHOOKS,
    MOST_ENDPOINTS,
    OLD_SECRET_LIFE,
    SECRET_BYTES,
    SECRET_PREFIX,
    DeliveryState,
    EndpointState,
    event_choices,
)


def create_endpoint(
    actor: Actor, *, url: str, description: str = "", event_names: Sequence[str] = (), at: datetime
) -> tuple[Endpoint, str]:
    """The row, and its secret, which is never to be had again. No event names: all, also those of later releases."""
    actor.require(MANAGE_WEBHOOKS)
    names = _checked(actor, url, event_names)
    if Endpoint.objects.filter(**own_side(actor)).count() >= MOST_ENDPOINTS:
        raise Conflict(_("There are %(count)d webhooks; no more are possible.") % {"count": MOST_ENDPOINTS})
    secret = _new_secret()
    endpoint = Endpoint.objects.create(
        tenant_id=actor.tenant_id,
        url=url.strip(),
        description=description.strip(),
        event_names=names,
        secret=secret,
        listens_since=at,
        created_at=at,
    )
    record_on(actor, endpoint, EndpointCreated(endpoint.id, tuple(names)), at)
    return endpoint, secret


def change_endpoint(
    actor: Actor,
    endpoint_id: UUID,
    *,
    url: str | None = None,
    description: str | None = None,
    event_names: Sequence[str] | None = None,
    at: datetime,
) -> Endpoint:
    """What is None stays as it is."""
    endpoint = locked_endpoint(actor, endpoint_id)
    wanted = {
        "url": endpoint.url if url is None else url.strip(),
        "description": endpoint.description if description is None else description.strip(),
        "event_names": endpoint.event_names if event_names is None else list(event_names),
    }
    wanted["event_names"] = _checked(actor, str(wanted["url"]), wanted["event_names"])
    changed = [name for name, value in wanted.items() if getattr(endpoint, name) != value]
    if changed:
        for name in changed:
            setattr(endpoint, name, wanted[name])
        endpoint.save(update_fields=changed)
        record_on(actor, endpoint, EndpointChanged(endpoint.id, tuple(changed)), at)
    return endpoint


def rotate_secret(actor: Actor, endpoint_id: UUID, *, at: datetime) -> tuple[Endpoint, str]:
    """The old one signs for a day beside the new one. A second rotation within the day ends the oldest."""
    endpoint = locked_endpoint(actor, endpoint_id)
    secret = _new_secret()
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, at + OLD_SECRET_LIFE
    endpoint.secret = secret
    endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
    record_on(actor, endpoint, SecretRotated(endpoint.id), at)
    return endpoint, secret


def switch_endpoint(actor: Actor, endpoint_id: UUID, *, on: bool, at: datetime) -> Endpoint:
    """On: what was held goes out. Off: what waits is held, and nothing more is collected."""
    endpoint = locked_endpoint(actor, endpoint_id)
    new = EndpointState.ACTIVE if on else EndpointState.OFF
    if endpoint.state == new:
        return endpoint
    old = EndpointState(endpoint.state)
    endpoint.state = new.value
    endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
    if on and old in (EndpointState.OFF, EndpointState.GONE):
        endpoint.listens_since = at
    endpoint.save(update_fields=["state", "failures", "failing_since", "rests_until", "listens_since"])
    if on:
        release(endpoint, at=at)
    else:
        hold(endpoint)
    record_on(actor, endpoint, EndpointStateChanged(endpoint.id, old.value, new.value), at)
    return endpoint


def remove_endpoint(actor: Actor, endpoint_id: UUID, *, at: datetime) -> None:
    """With the log of its deliveries."""
    endpoint = locked_endpoint(actor, endpoint_id)
    Delivery.objects.filter(**own_side(actor), endpoint_id=endpoint.id).delete()
    Endpoint.objects.filter(**own_side(actor), id=endpoint.id).delete()
    record_on(actor, endpoint, EndpointRemoved(endpoint.id), at)


def hold(endpoint: Endpoint) -> None:
    waiting = Delivery.objects.filter(**side_of(endpoint.tenant_id), endpoint_id=endpoint.id)
    waiting.filter(state=DeliveryState.QUEUED).update(state=DeliveryState.HELD, next_at=None)


def release(endpoint: Endpoint, *, at: datetime) -> None:
    held = Delivery.objects.filter(**side_of(endpoint.tenant_id), endpoint_id=endpoint.id)
    held.filter(state=DeliveryState.HELD).update(
        state=DeliveryState.QUEUED, next_at=at, queued_at=at, attempts=0
    )
    wake_sender()


def locked_endpoint(actor: Actor, endpoint_id: UUID) -> Endpoint:
    actor.require(MANAGE_WEBHOOKS)
    found = Endpoint.objects.select_for_update(no_key=True).filter(**own_side(actor), id=endpoint_id).first()
    if found is None:
        raise NotFound
    return found


def record_on(actor: Actor, endpoint: Endpoint, happening: Happening, at: datetime) -> Fact:
    """The operator's own webhooks concern no customer."""
    visibility = Visibility.OPERATOR if endpoint.tenant_id is None else Visibility.ALL
    return record(actor, happening, tenant_id=endpoint.tenant_id, at=at, visibility=visibility)


def _checked(actor: Actor, url: str, event_names: Sequence[str]) -> list[str]:
    faults: dict[str, list[Text]] = {}
    is_operators = actor.tenant_id is None
    if len(url) > LONGEST_URL:
        faults["url"] = [_("At most %(limit)d characters.") % {"limit": LONGEST_URL}]
    else:
        try:
            check_url(url.strip(), operator_guard() if is_operators else public_guard())
        except OutgoingRefused as refused:
            faults["url"] = [str(refused)]
    names = sorted(set(event_names))
    if strangers := set(names) - set(event_choices(event_types(), is_operators=is_operators)):
        faults["event_names"] = [_("Unknown: %(names)s") % {"names": ", ".join(sorted(strangers))}]
    if faults:
        raise Invalid(fields=faults)
    return names


def _new_secret() -> str:
    return SECRET_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
