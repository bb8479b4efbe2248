"""API keys (PPL-8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mainstay.core.actor import ActorKind, Origin
from mainstay.core.errors import Forbidden, Invalid, NotFound, Unauthenticated
from mainstay.core.events.models import Event
from mainstay.core.wall.scope import sweep
from mainstay.people.access.actions import create_api_key, create_operator_key, revoke_api_key
from mainstay.people.access.models import ApiKey
from mainstay.people.access.queries import keys_of, seat_of_key
from mainstay.people.tenants.tests.make import World, acting_as, make_world

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def make_key(world: World, **more: object) -> tuple[ApiKey, str]:
    with acting_as(world.ana) as ana:
        return create_api_key(ana, name="Sync", scopes=["tickets:read"], at=AT, **more)


def test_a_key_brings_its_tenant_and_scopes(world: World) -> None:
    key, token = make_key(world)
    seat = seat_of_key(token, at=AT)
    assert (seat.kind, seat.tenant_id, seat.person_id) == (ActorKind.TENANT_KEY, world.acme.id, key.id)
    assert seat.key_scopes == {"tickets:read"}
    assert token.startswith(key.prefix)
    assert len(token) == len("msk_") + 43


def test_the_key_itself_is_nowhere(world: World) -> None:
    _key, token = make_key(world)
    with sweep("demo"):
        assert token not in str(list(ApiKey.objects.values()))
        assert token not in str(list(Event.objects.values()))


def test_expired_revoked_and_unknown(world: World) -> None:
    key, token = make_key(world, expires_at=AT + timedelta(days=1))
    seat_of_key(token, at=AT + timedelta(hours=23))
    with pytest.raises(Unauthenticated, match="expired"):
        seat_of_key(token, at=AT + timedelta(days=1))
    with acting_as(world.ana) as ana:
        revoke_api_key(ana, key.id, at=AT)
        revoke_api_key(ana, key.id, at=AT + timedelta(hours=1))
    with pytest.raises(Unauthenticated, match="revoked"):
        seat_of_key(token, at=AT)
    with pytest.raises(Unauthenticated, match="not known"):
        seat_of_key(token + "x", at=AT)


def test_scopes_come_from_the_registry_and_the_side(world: World) -> None:
    for scopes in ([], ["everything"], ["staff:write"], ["tenants:write"], ["tickets:read", "outbox:read"]):
        with pytest.raises(Invalid) as wrong, acting_as(world.ana) as ana:
            create_api_key(ana, name="k", scopes=scopes, at=AT)
        assert list(wrong.value.fields) == ["scopes"]
    with acting_as(world.max) as staff:
        create_operator_key(staff, name="k", scopes=["tickets:notes", "tenants:write"], at=AT)
    with pytest.raises(Forbidden), acting_as(world.ari) as ari:
        create_operator_key(ari, name="k", scopes=["tickets:read"], at=AT)


def test_days_beyond_reach(world: World) -> None:
    for expires_at in (AT, AT - timedelta(days=1), AT + timedelta(days=2000)):
        with pytest.raises(Invalid) as wrong:
            make_key(world, expires_at=expires_at)
        assert list(wrong.value.fields) == ["expires_at"]


def test_last_use_is_noted_by_the_minute(world: World) -> None:
    key, token = make_key(world)
    used = []
    for seconds in (0, 20, 70):
        with seat_of_key(token, at=AT + timedelta(seconds=seconds)).open(Origin(door="api")):
            pass
        with sweep("demo"):
            used.append(ApiKey.objects.get(id=key.id).last_used_at)
    assert used == [AT, AT, AT + timedelta(seconds=70)]


def test_gus_sees_and_revokes_none_of_acmes(world: World) -> None:
    key, _token = make_key(world)
    with acting_as(world.gus) as gus:
        assert keys_of(gus, world.acme.id) == []
        assert keys_of(gus, world.globex.id) == []
    with pytest.raises(NotFound), acting_as(world.gus) as gus:
        revoke_api_key(gus, key.id, at=AT)
