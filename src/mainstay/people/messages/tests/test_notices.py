"""PPL-13: who is told, by which role of the database, and who can read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import Error, connection
from django.test.utils import CaptureQueriesContext

from mainstay.core.actor import Role, system_actor
from mainstay.core.ids import new_id
from mainstay.core.wall.scope import operator_scope, scope, sweep
from mainstay.people.messages.models import Notice, NoticeChoices, StaffNotice, StaffNoticeChoices
from mainstay.people.messages.notices import (
    News,
    Recipient,
    colleagues,
    members,
    notify,
    notify_customer,
    notify_many,
    recipients_of,
    staff_with_role,
)
from mainstay.people.tenants.models import TenantContact
from mainstay.people.tenants.tests.make import World, acting_as, make_world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KIND = "security.changed"


@pytest.fixture
def world() -> World:
    return make_world()


def tell(world: World, *people: Recipient, cause: int | None = 7, kind: str = KIND) -> None:
    notify(
        people,
        kind=kind,
        subject=("member", new_id()),
        params={"what": "password_changed"},
        tenant_id=world.acme.id,
        link="/account",
        cause=cause,
        at=NOW,
    )


def everything() -> tuple[list[Notice], list[StaffNotice]]:
    with sweep("send_notices"):
        return list(Notice.objects.order_by("id")), list(StaffNotice.objects.order_by("id"))


def test_a_customers_own_action_tells_its_people_and_staff(world: World) -> None:
    with acting_as(world.ana):
        tell(world, *members(world.felix.id), *colleagues(world.ari.id))
    [notice], [staff_notice] = everything()
    assert (notice.member_id, notice.tenant_id) == (world.felix.id, world.acme.id)
    assert (staff_notice.staff_id, staff_notice.tenant_id) == (world.ari.id, world.acme.id)


@pytest.mark.parametrize("role", ["job", "staff", "sweep", "operator"])
def test_every_scope_can_tell(world: World, role: str) -> None:
    opened = {
        "job": lambda: scope(system_actor(world.acme.id)),
        "staff": lambda: acting_as(world.max),
        "sweep": lambda: sweep("demo"),
        "operator": lambda: operator_scope(system_actor()),
    }[role]
    with opened():
        tell(world, *members(world.ana.id), *colleagues(world.eve.id))
    assert [len(rows) for rows in everything()] == [1, 1]


def test_one_notice_for_each_kind_cause_and_person(world: World) -> None:
    for _ in range(3):
        with scope(system_actor(world.acme.id)):
            tell(world, *members(world.ana.id, world.ana.id), *colleagues(world.ari.id))
    with scope(system_actor(world.acme.id)):
        tell(world, *members(world.ana.id), cause=8)
    assert [len(rows) for rows in everything()] == [2, 1]


def test_nobody_of_another_customer_is_told_from_a_bound_scope(world: World) -> None:
    for opened in (lambda: acting_as(world.ana), lambda: scope(system_actor(world.acme.id))):
        with opened():
            tell(world, *members(world.gus.id))
    assert everything() == ([], [])


def test_suspended_and_inactive_people_are_told_nothing(world: World) -> None:
    with sweep("demo"):
        type(world.felix).objects.filter(id=world.felix.id).update(state="suspended")
        type(world.ari).objects.filter(id=world.ari.id).update(is_active=False)
        tell(world, *members(world.felix.id), *colleagues(world.ari.id))
    assert everything() == ([], [])


def test_the_wall_shows_a_member_only_their_own(world: World) -> None:
    """By the database, whatever a query forgets to say."""
    with scope(system_actor(world.acme.id)):
        tell(world, *members(world.ana.id, world.felix.id), *colleagues(world.ari.id))
        NoticeChoices.objects.create(tenant=world.acme, member=world.ana)
    with acting_as(world.felix):
        assert [n.member_id for n in Notice.objects.all()] == [world.felix.id]
        assert Notice.objects.update(read_at=NOW) == 1
        assert not NoticeChoices.objects.exists()
    with acting_as(world.gus):
        assert not Notice.objects.exists()
    with sweep("demo"):
        assert Notice.objects.get(member=world.ana).read_at is None
    with pytest.raises(Error, match="permission denied"), acting_as(world.ana):
        StaffNotice.objects.exists()
    with pytest.raises(Error, match="permission denied"), acting_as(world.felix):
        Notice.objects.update(member_id=world.felix.id)


def test_many_at_once_cost_as_much_as_one(world: World) -> None:
    with scope(system_actor(world.acme.id)):
        news = [
            News(
                people=[*members(world.ana.id, world.felix.id), *colleagues(world.ari.id)],
                kind=KIND,
                params={"what": "new_device"},
                tenant_id=world.acme.id,
                cause=n,
                at=NOW,
            )
            for n in range(50)
        ]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            notify_many(news)
    assert [len(rows) for rows in everything()] == [100, 50]
    assert len(queries) <= 3


def test_a_choice_is_respected(world: World) -> None:
    with sweep("demo"):
        StaffNoticeChoices.objects.create(staff=world.max, choices={"customer.unreachable": "in_app"})
        StaffNoticeChoices.objects.create(staff=world.cora, choices={"customer.unreachable": "off"})
    with scope(system_actor(world.acme.id)):
        tell(world, *colleagues(world.max.id, world.cora.id, world.eve.id), kind="customer.unreachable")
    _, rows = everything()
    found = {row.staff_id: (row.channel, row.next_at) for row in rows}
    assert found[world.max.id] == ("in_app", None)
    assert found[world.cora.id] == ("email", NOW + timedelta(minutes=2))  # it may not be off
    assert found[world.eve.id] == ("email", NOW + timedelta(minutes=2))


def test_people_by_purpose(world: World) -> None:
    with sweep("demo"):
        TenantContact.objects.create(tenant=world.acme, purpose="billing", member=world.felix)
    for opened in (lambda: acting_as(world.clara), lambda: acting_as(world.max)):
        with opened():
            assert recipients_of(world.acme.id, "billing") == members(world.felix.id)
            assert recipients_of(world.acme.id, "primary") == members(world.ana.id)
            assert recipients_of(world.acme.id, "admins") == members(world.ana.id)
            assert recipients_of(world.acme.id, "client") == members(world.clara.id)
            assert recipients_of(world.acme.id, "pm") == []
            assert staff_with_role(Role.ADMIN, Role.ENGINEER) == colleagues(world.max.id, world.eve.id)
            with pytest.raises(LookupError):
                recipients_of(world.acme.id, "everybody")


def test_where_nobody_stands_for_a_purpose_the_operator_hears(world: World) -> None:
    with sweep("demo"):
        type(world.acme).objects.filter(id=world.acme.id).update(csm_id=world.cora.id)
    with scope(system_actor(world.acme.id)):
        said = notify_customer(
            world.acme.id, "pm", kind=KIND, subject=None, params={}, link="/support", cause=None, at=NOW
        )
    told, staff = everything()
    assert (said, told) == (False, [])
    assert {row.staff_id for row in staff} == {world.cora.id, world.max.id}
    assert {row.kind for row in staff} == {"customer.unreachable"}
