from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mainstay.core.errors import TooMany
from mainstay.core.wall.scope import sweep
from mainstay.people.access.actions import invite_member
from mainstay.people.access.models import Invitation
from mainstay.people.access.rules import INVITATIONS_AN_HOUR
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import World, acting_as, make_world

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return make_world()


def test_nobody_mails_strangers_through_us(world: World) -> None:
    with acting_as(world.ana) as ana:
        for n in range(INVITATIONS_AN_HOUR):
            invite_member(ana, world.acme.id, email=f"p{n}@new.example", role="client", at=AT)
        with pytest.raises(TooMany):
            invite_member(ana, world.acme.id, email="one@more.example", role="client", at=AT)
        later = AT + timedelta(hours=1, seconds=1)
        invite_member(ana, world.acme.id, email="one@more.example", role="client", at=later)


def test_a_contact_becomes_somebody(world: World) -> None:
    with sweep("demo"):
        contact = Member.objects.create(
            tenant=world.acme, email="c@acme.example", role="contact", created_at=AT
        )
    with acting_as(world.ana) as ana:
        invite_member(ana, world.acme.id, email="C@acme.example", role="pm", at=AT)
    with sweep("demo"):
        contact.refresh_from_db()
        assert (contact.role, contact.state) == ("pm", "invited")


def test_invited_twice_one_link_works(world: World) -> None:
    with acting_as(world.ana) as ana:
        first = invite_member(ana, world.acme.id, email="n@acme.example", role="pm", at=AT)
        second = invite_member(ana, world.acme.id, email="n@acme.example", role="field", at=AT)
    with sweep("demo"):
        assert Invitation.objects.get(id=first.id).revoked_at == AT
        assert Invitation.objects.get(id=second.id).revoked_at is None
        assert Member.objects.get(email="n@acme.example").role == "field"
