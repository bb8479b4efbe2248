"""What outlives a stolen session asks who is there: API keys, webhooks' secrets, identity providers (PPL-7)."""

from __future__ import annotations

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.integrations.webhooks.actions import create_endpoint
from mainstay.people.access.models import ApiKey
from mainstay.people.tenants.tests.make import (
    PASSWORD,
    World,
    acting_as,
    builders_scope,
    make_user,
    make_world,
    sign_in,
)
from mainstay.surfaces.account.tests.test_factors import grow_old

pytestmark = pytest.mark.django_db
KEY = {"name": "Sync", "scopes": ["tickets:read"]}


@pytest.fixture
def world() -> World:
    made = make_world()
    for person in (made.ana, made.max):
        make_user(person, password=PASSWORD)
    return made


@pytest.mark.parametrize(("name", "path"), [
    ("ana", "/support/keys/new"), ("ana", "/support/single-sign-on/new"), ("ana", "/webhooks/new"),
    ("max", "/desk/keys/new"), ("max", "/desk/single-sign-on/new"), ("max", "/webhooks/new"),
])  # fmt: skip
def test_forms_ask_first(world: World, name: str, path: str) -> None:
    client = sign_in(Client(), {**world.members, **world.staff}[name])
    assert client.get(path).status_code == 200
    grow_old(client)
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"][:23]) == (302, "/account/confirm?next=%")
    proof = client.post("/account/confirm", {"password": PASSWORD, "next": path})
    assert proof.headers["Location"] == path
    assert client.get(path).status_code == 200


def test_nothing_is_made_without(world: World) -> None:
    client = sign_in(Client(), world.ana)
    grow_old(client)
    assert client.post("/support/keys/new", KEY).status_code == 302
    with builders_scope():
        assert not ApiKey.objects.exists()
    client = sign_in(Client(), world.ana)
    assert client.post("/support/keys/new", KEY).status_code == 200
    with builders_scope():
        assert ApiKey.objects.count() == 1


def test_a_webhooks_secret_neither_by_page_nor_by_the_api(world: World) -> None:
    with acting_as(world.ana) as ana:
        endpoint, _secret = create_endpoint(ana, url="https://example.com/hook", at=clock.now())
    client = sign_in(Client(), world.ana)
    api = f"/api/v1/webhooks/{endpoint.id}"
    assert client.post(f"{api}/secret").status_code == 200
    grow_old(client)
    answer = client.post(f"/webhooks/{endpoint.id}/secret")
    assert answer.headers["Location"].startswith("/account/confirm?next=%2Fwebhooks%2F")
    assert client.post(f"{api}/secret").status_code == 403
    assert client.get(api).status_code == 200
