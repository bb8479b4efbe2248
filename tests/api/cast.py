"""One valid request for every operation, about Acme's things. A new operation is not complete without its row."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http.response import HttpResponseBase
from django.test import Client

from mainstay.core.storage.files import save
from mainstay.integrations.webhooks.models import Delivery, Endpoint
from mainstay.integrations.webhooks.tests.make import make_delivery, make_endpoint
from mainstay.people.tenants.tests.make import World, acting_as, operator_key, tenant_key
from mainstay.project.api import api
from mainstay.support.tickets.actions import store_file
from mainstay.support.tickets.models import Attachment, Ticket
from mainstay.support.tickets.tests.make import OPENED_AT, make_reply, make_ticket

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@dataclass(frozen=True)
class Things:
    """Acme's ticket of Ana's, with a file in a message, shared with Félix; and keys of everybody."""

    world: World
    ticket: Ticket
    attachment: Attachment
    claras: Ticket
    """Of a portal user, in Acme's own queue."""
    acme_key: str
    globex_key: str
    staff_key: str
    webhook: Endpoint
    delivery: Delivery


def make_things(world: World) -> Things:
    ticket = make_ticket(world.ana)
    stored = save(world.acme.id, "pump.png", io.BytesIO(PNG))
    with acting_as(world.ana) as actor:
        attachment = store_file(actor, world.acme.id, stored, at=OPENED_AT)
    make_reply(ticket, world.ana, attachment_ids=(attachment.id,))
    webhook, _secret = make_endpoint(world.ana)
    return Things(
        world,
        ticket,
        attachment,
        make_ticket(world.clara),
        acme_key=tenant_key(world.acme),
        globex_key=tenant_key(world.globex),
        staff_key=operator_key(),
        webhook=webhook,
        delivery=make_delivery(webhook, state="failed", next_at=None),
    )


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    body: Any = None
    form: dict[str, Any] = field(default_factory=dict)
    is_staffs: bool = False
    """Needs a key of the operator's."""

    def send(self, client: Client, **headers: str) -> HttpResponseBase:
        path = f"/api/v1{self.path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.form:
            form = {
                name: io.BytesIO(value) if isinstance(value, bytes) else value
                for name, value in self.form.items()
            }
            for name, value in form.items():
                if isinstance(value, io.BytesIO):
                    value.name = f"{name}.png"
            return client.post(path, form, headers=named)
        body = json.dumps(self.body) if self.body is not None else ""
        return client.generic(self.method, path, body, "application/json" if body else "", headers=named)


def with_key(token: str) -> Client:
    return Client(headers={"authorization": f"Bearer {token}"})


def caller(things: Things, call: Call) -> Client:
    return with_key(things.staff_key if call.is_staffs else things.acme_key)


Row = Callable[[Things], Call]
_T = "/support/tickets"
_W = "/webhooks"
CALLS: dict[str, Row] = {
    "who_asks": lambda t: Call("GET", "/me"),
    "list_people": lambda t: Call("GET", "/people?limit=2"),
    "read_person": lambda t: Call("GET", f"/people/{t.world.felix.id}"),
    "list_plans": lambda t: Call("GET", "/plans"),
    "list_tickets": lambda t: Call("GET", f"{_T}?status=open&sort=due&limit=10"),
    "create_ticket": lambda t: Call(
        "POST",
        _T,
        {
            "subject": "The export is empty",
            "body": "Since this morning.",
            "requester": {"email": "Ana@acme.example"},
            "severity": "P2",
            "tags": ["export"],
            "context": {"url": "https://app.example/export"},
        },
    ),
    "read_ticket": lambda t: Call("GET", f"{_T}/{t.ticket.id}"),
    "list_messages": lambda t: Call("GET", f"{_T}/{t.ticket.id}/messages"),
    "post_message": lambda t: Call("POST", f"{_T}/{t.ticket.id}/messages", {"body": "Still so."}),
    "set_status": lambda t: Call("PUT", f"{_T}/{t.ticket.id}/status", {"status": "resolved"}),
    "set_severity": lambda t: Call("PUT", f"{_T}/{t.ticket.id}/severity", {"severity": "P2"}, is_staffs=True),
    "set_assignee": lambda t: Call(
        "PUT", f"{_T}/{t.ticket.id}/assignee", {"assignee_id": str(t.world.ari.id)}, is_staffs=True
    ),
    "set_handler": lambda t: Call(
        "PUT", f"{_T}/{t.claras.id}/handler", {"handler": {"email": t.world.ana.email}}
    ),
    "set_priority": lambda t: Call("PUT", f"{_T}/{t.claras.id}/priority", {"priority": "high"}),
    "escalate": lambda t: Call("POST", f"{_T}/{t.claras.id}/escalate", {"note": "Not ours to mend."}),
    "share": lambda t: Call("POST", f"{_T}/{t.ticket.id}/shares", {"member": {"email": t.world.felix.email}}),
    "unshare": lambda t: Call("DELETE", f"{_T}/{t.ticket.id}/shares?everybody=true"),
    "upload_attachment": lambda t: Call("POST", "/support/attachments", form={"file": PNG}),
    "download_attachment": lambda t: Call("GET", f"/support/attachments/{t.attachment.id}"),
    "read_clocks": lambda t: Call("GET", f"{_T}/{t.ticket.id}/sla"),
    "read_matrix": lambda t: Call("GET", "/support/sla"),
    "preview_promises": lambda t: Call("GET", "/support/sla/preview"),
    "list_webhooks": lambda t: Call("GET", "/webhooks"),
    "create_webhook": lambda t: Call(
        "POST", "/webhooks", {"url": "https://hooks.example/x", "events": ["ticket.opened"]}
    ),
    "read_webhook": lambda t: Call("GET", f"{_W}/{t.webhook.id}"),
    "change_webhook": lambda t: Call("PATCH", f"{_W}/{t.webhook.id}", {"description": "n8n", "is_on": True}),
    "remove_webhook": lambda t: Call("DELETE", f"{_W}/{t.webhook.id}"),
    "rotate_webhook_secret": lambda t: Call("POST", f"{_W}/{t.webhook.id}/secret"),
    "test_webhook": lambda t: Call("POST", f"{_W}/{t.webhook.id}/test"),
    "list_deliveries": lambda t: Call("GET", f"{_W}/{t.webhook.id}/deliveries?state=failed"),
    "read_delivery": lambda t: Call("GET", f"{_W}/{t.webhook.id}/deliveries/{t.delivery.id}"),
    "replay_delivery": lambda t: Call("POST", f"{_W}/{t.webhook.id}/deliveries/{t.delivery.id}/replay"),
    "replay_failed_deliveries": lambda t: Call(
        "POST", f"{_W}/{t.webhook.id}/replay", {"since": "2026-01-01T00:00:00Z"}
    ),
}


@dataclass(frozen=True)
class Route:
    name: str
    method: str
    path: str
    has_id: bool
    view: Any

    @property
    def is_safe(self) -> bool:
        return self.method == "GET"


def routes() -> list[Route]:
    """Every operation of the API, as ninja knows them."""
    return [
        Route(op.view_func.__name__, method, f"{bound.prefix}{path}", "{" in path, op.view_func)
        for bound in api._get_bound_routers()
        for path, view in bound.path_operations.items()
        for op in view.operations
        for method in op.methods
    ]
