"""Endpoints and deliveries for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mainstay.core.ids import new_id
from mainstay.core.outgoing import Guard
from mainstay.core.outgoing.rules import guard_of
from mainstay.integrations.webhooks.actions import create_endpoint
from mainstay.integrations.webhooks.jobs import Sender
from mainstay.integrations.webhooks.models import Delivery, Endpoint
from mainstay.people.tenants.tests.make import BEGINNING, Person, acting_as, builders_scope

AT = BEGINNING + timedelta(hours=1)
PUBLIC = "https://hooks.example/in"
LOCAL: Guard = guard_of(["127.0.0.0/8"], [443])


def local(_tenant_id: UUID | None) -> Guard:
    return LOCAL


def make_endpoint(person: Person, url: str = "", *names: str, at: datetime = AT) -> tuple[Endpoint, str]:
    """By that person, for their side. The local test server's address is put in afterwards."""
    with acting_as(person) as actor:
        endpoint, secret = create_endpoint(actor, url=PUBLIC, event_names=names, at=at)
    if url:
        with builders_scope():
            Endpoint.objects.filter(id=endpoint.id).update(url=url)
    return endpoint, secret


def make_delivery(endpoint: Endpoint, *, at: datetime = AT, **more: Any) -> Delivery:
    more.setdefault("event_n", next(_numbers))
    delivery_id = new_id()
    with builders_scope():
        return Delivery.objects.create(
            id=delivery_id,
            tenant_id=endpoint.tenant_id,
            endpoint_id=endpoint.id,
            name=more.pop("name", "ticket.opened"),
            body=more.pop("body", f'{{"id":"{delivery_id}"}}'),
            next_at=more.pop("next_at", at),
            created_at=at,
            queued_at=at,
            **more,
        )


_numbers = iter(range(1_000_000, 2_000_000))


def send_all(at: datetime, *, timeout_s: float = 1.0) -> None:
    """What is due at that moment, and nothing that becomes due by it."""
    sender = Sender(guard=local, timeout_s=timeout_s)
    while sender.run_due(at, 100) == 100:
        pass


def fresh(row: Any) -> Any:
    with builders_scope():
        row.refresh_from_db()
    return row


def deliveries() -> list[Delivery]:
    with builders_scope():
        return list(Delivery.objects.order_by("id"))
