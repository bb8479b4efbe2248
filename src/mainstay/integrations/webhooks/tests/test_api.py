"""By the API: a secret is shown once, and a repeated request gets the same answer without the database knowing it."""

from __future__ import annotations

import pytest
from django.test import Client

from mainstay.core.limits.models import IdempotencyKey
from mainstay.integrations.webhooks.tests.make import PUBLIC, make_delivery, make_endpoint
from mainstay.people.tenants.tests.make import World, make_world, operator_key, tenant_key

pytestmark = pytest.mark.django_db
_JSON = "application/json"


@pytest.fixture
def world() -> World:
    return make_world()


def with_key(token: str) -> Client:
    return Client(headers={"authorization": f"Bearer {token}"})


def test_a_secret_is_answered_once_and_kept_nowhere_in_clear(world: World) -> None:
    client = with_key(tenant_key(world.acme))
    same = {"headers": {"idempotency-key": "once"}, "content_type": _JSON}
    first = client.post("/api/v1/webhooks", {"url": PUBLIC}, **same)
    again = client.post("/api/v1/webhooks", {"url": PUBLIC}, **same)
    assert first.status_code == again.status_code == 201
    assert again["Idempotency-Replayed"] == "true"
    secret = first.json()["secret"]
    assert again.json() == first.json()
    assert secret not in IdempotencyKey.objects.get().body
    read = client.get(f"/api/v1/webhooks/{first.json()['id']}")
    listed = client.get("/api/v1/webhooks")
    assert read.status_code == listed.status_code == 200
    assert secret not in read.content.decode() + listed.content.decode()


def test_each_side_sees_its_own(world: World) -> None:
    acme, _s = make_endpoint(world.ana)
    operators, _s = make_endpoint(world.max)
    row = make_delivery(acme)
    for token, own in (
        (tenant_key(world.acme), [acme]),
        (tenant_key(world.globex), []),
        (operator_key(), [operators]),
    ):
        client = with_key(token)
        assert [one["id"] for one in client.get("/api/v1/webhooks").json()["items"]] == [
            str(o.id) for o in own
        ]
        seen = client.get(f"/api/v1/webhooks/{acme.id}/deliveries/{row.id}").status_code
        assert seen == (200 if own == [acme] else 404)


def test_scopes(world: World) -> None:
    endpoint, _s = make_endpoint(world.ana)
    reading = with_key(tenant_key(world.acme, "webhooks:read"))
    assert reading.get(f"/api/v1/webhooks/{endpoint.id}").status_code == 200
    assert reading.post(f"/api/v1/webhooks/{endpoint.id}/secret").status_code == 403
    other = with_key(tenant_key(world.acme, "tickets:read"))
    assert other.get("/api/v1/webhooks").status_code == 403


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://169.254.169.254/", "file:///etc/passwd"])
def test_a_bad_address_is_named(world: World, url: str) -> None:
    answer = with_key(tenant_key(world.acme)).post("/api/v1/webhooks", {"url": url}, content_type=_JSON)
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == {"url"}
