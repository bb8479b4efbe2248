"""Two first sign-ins of one person at the same moment: one person, one link, and both come in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection

from mainstay.core import clock
from mainstay.core.actor import Origin
from mainstay.people.access.models import Membership
from mainstay.people.access.providers.linking import enter
from mainstay.people.access.providers.models import ProviderLink
from mainstay.people.access.providers.rules import Asserted, Fault, SsoFault
from mainstay.people.access.providers.sides import TenantSide
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import World, builders_scope, make_world
from tests.sso.make import provider_for, verified
from tests.sso.provider import LocalProvider


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


def at_once(world: World, provider_id: UUID, *subjects: str) -> list[UUID | Fault]:
    """What each of several sign-ins under the same address comes to: a seat, or why not."""
    ready, side = Barrier(len(subjects)), TenantSide(world.acme.id, Origin(door="test"))

    def come(subject: str) -> UUID | Fault:
        person = Asserted(subject, email="new@acme.example", is_email_verified=True, name="New")
        try:
            ready.wait(10)
            return enter(side, provider_id, person, at=clock.now()).id
        except SsoFault as fault:
            return fault.fault
        finally:
            connection.close()

    with ThreadPoolExecutor(len(subjects)) as threads:
        return list(threads.map(come, subjects))


def test_the_same_account_twice(world: World) -> None:
    acme = provider_for(world.acme, LocalProvider(port=9), creates_members=True)
    verified(world.acme, "acme.example")
    came = at_once(world, acme.id, "1", "1", "1", "1")
    assert came == [Membership.objects.get(user__email="new@acme.example").id] * 4
    with builders_scope():
        assert Member.objects.filter(email="new@acme.example").count() == 1
        assert ProviderLink.objects.count() == 1


def test_two_accounts_for_one_address(world: World) -> None:
    acme = provider_for(world.acme, LocalProvider(port=9), creates_members=True)
    verified(world.acme, "acme.example")
    came = at_once(world, acme.id, "1", "2")
    assert came.count(Fault.LINKED_OTHERWISE) == 1
    with builders_scope():
        assert Member.objects.filter(email="new@acme.example").count() == 1
        assert ProviderLink.objects.count() == 1
