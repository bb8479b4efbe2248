"""Who may do what to a customer's people (PPL-4, PPL-10): the whole table, and what must hold under races."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from mainstay.core.actor import MEMBER_ROLES, STAFF_ROLES, Actor, ActorKind, Role, permissions
from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound
from mainstay.core.ids import new_id
from mainstay.core.wall.scope import scope, sweep
from mainstay.people.access.actions import create_api_key, invite_member
from mainstay.people.staff.actions import add_staff
from mainstay.people.tenants.actions import (
    change_plan,
    change_profile,
    change_role,
    change_tenant,
    restore_member,
    suspend_member,
    verify_domain,
)
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.rules import MemberState
from mainstay.people.tenants.tests.make import World, acting_as, make_member, make_staff, make_world

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def actor_with(world: World, role: Role) -> Actor:
    """Somebody of Acme, or of the staff, with that one role."""
    with sweep("demo"):
        if role in STAFF_ROLES:
            person = make_staff(f"The {role}", role, email=f"{role}@staff.example")
            return Actor(ActorKind.STAFF, person_id=person.id, roles=frozenset({role}))
        member = make_member(world.acme, f"The {role}", role, email=f"{role}@acme.example")
        return Actor(ActorKind.MEMBER, tenant_id=world.acme.id, person_id=member.id, roles=frozenset({role}))


def victim(world: World, role: Role = Role.FIELD, **more: object) -> Member:
    with sweep("demo"):
        return make_member(world.acme, "Victim", role, email=f"{new_id()}@acme.example", **more)


Operation = Callable[[Actor, World], object]
_MANAGERS = {Role.OWNER, Role.TENANT_ADMIN, Role.ADMIN, Role.CSM, Role.CS_MANAGER, Role.SUPPORT_MANAGER}
_OWNER_MAKERS = {Role.OWNER, Role.ADMIN, Role.CSM, Role.CS_MANAGER}
_TENANT_KEEPERS = {Role.ADMIN, Role.CSM, Role.CS_MANAGER}


def _invites(role: str) -> Operation:
    return lambda actor, world: invite_member(
        actor, world.acme.id, email=f"{new_id()}@new.example", role=role, at=AT
    )


OPERATIONS: dict[str, tuple[Operation, set[Role]]] = {
    "invite a field user": (_invites("field"), _MANAGERS),
    "invite an administrator": (_invites("tenant_admin"), _MANAGERS),
    "invite an owner": (_invites("owner"), _OWNER_MAKERS),
    "change a role": (lambda a, w: change_role(a, w.felix.id, "pm", at=AT), _MANAGERS),
    "make an owner": (lambda a, w: change_role(a, w.felix.id, "owner", at=AT), _OWNER_MAKERS),
    "suspend": (lambda a, w: suspend_member(a, w.felix.id, at=AT), _MANAGERS),
    "change another's profile": (
        lambda a, w: change_profile(a, w.felix.id, {"title": "x"}, at=AT),
        _MANAGERS,
    ),
    "create a key": (
        lambda a, w: create_api_key(a, name="k", scopes=["tickets:read"], at=AT),
        {Role.OWNER, Role.TENANT_ADMIN},
    ),
    "change the plan": (lambda a, w: change_plan(a, w.acme.id, "free", at=AT), _TENANT_KEEPERS),
    "change details": (lambda a, w: change_tenant(a, w.acme.id, {"industry": "x"}, at=AT), _TENANT_KEEPERS),
    "verify a domain": (lambda a, w: verify_domain(a, w.acme.id, "acme.org", at=AT), _TENANT_KEEPERS),
    "add staff": (
        lambda a, w: add_staff(a, email="n@x.example", name="N", roles=["agent"], at=AT),
        {Role.ADMIN},
    ),
}


@pytest.mark.parametrize("role", sorted(MEMBER_ROLES | STAFF_ROLES))
def test_every_role_and_operation(world: World, role: Role) -> None:
    actor = actor_with(world, role)
    allowed = set()
    for name, (operate, _roles) in OPERATIONS.items():
        try:
            with scope(actor), transaction.atomic():
                operate(actor, world)
                allowed.add(name)
                transaction.set_rollback(True)
        except (Forbidden, NotFound):
            pass
    assert allowed == {name for name, (_operate, roles) in OPERATIONS.items() if role in roles}


def test_a_tenants_key_never_does_what_its_owner_may_not(world: World) -> None:
    every_scope = frozenset(p.key_scope for p in permissions().values() if p.key_scope)
    key = Actor(ActorKind.TENANT_KEY, tenant_id=world.acme.id, person_id=new_id(), key_scopes=every_scope)
    owner = Actor(ActorKind.MEMBER, tenant_id=world.acme.id, roles=frozenset({Role.OWNER, Role.TENANT_ADMIN}))
    beyond = [name for name, right in permissions().items() if key.may(right) and not owner.may(right)]
    assert beyond == []
    with pytest.raises(Forbidden), scope(key):
        change_plan(key, world.acme.id, "free", at=AT)
    with pytest.raises(Forbidden), scope(key):
        invite_member(key, world.acme.id, email="x@new.example", role="owner", at=AT)


def test_an_administrator_cannot_touch_an_owner(world: World) -> None:
    actor = actor_with(world, Role.TENANT_ADMIN)
    for operate in (
        lambda: change_role(actor, world.ana.id, "field", at=AT),
        lambda: suspend_member(actor, world.ana.id, at=AT),
    ):
        with pytest.raises(Forbidden), scope(actor):
            operate()


def test_the_last_owner_stays(world: World) -> None:
    with acting_as(world.ana) as ana, pytest.raises(Conflict):
        change_role(ana, world.ana.id, "field", at=AT)
    with acting_as(world.max) as staff, pytest.raises(Conflict):
        suspend_member(staff, world.ana.id, at=AT)
    victim(world, Role.OWNER, state=MemberState.SUSPENDED)  # owners who cannot come in do not count
    victim(world, Role.OWNER, state=MemberState.INVITED)
    with acting_as(world.max) as staff, pytest.raises(Conflict):
        change_role(staff, world.ana.id, "field", at=AT)
    victim(world, Role.OWNER)
    with acting_as(world.max) as staff:
        change_role(staff, world.ana.id, "field", at=AT)


def test_two_owners_cannot_unseat_each_other_at_once(committed: None) -> None:
    world = make_world()
    with sweep("demo"):
        other = make_member(world.acme, "Other", Role.OWNER, email="other@acme.example")
    barrier, outcomes = threading.Barrier(2), []

    def demote(actor_member: Member, target: Member) -> None:
        try:
            with acting_as(actor_member) as actor:
                barrier.wait(10)
                change_role(actor, target.id, "field", at=AT)
            outcomes.append("done")
        except Conflict:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=demote, args=(world.ana, other)),
        threading.Thread(target=demote, args=(other, world.ana)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["done", "refused"]
    with sweep("demo"):
        owners = Member.objects.filter(tenant=world.acme, role=Role.OWNER, state=MemberState.ACTIVE)
        assert owners.count() == 1


def test_nobody_suspends_themselves(world: World) -> None:
    actor = actor_with(world, Role.TENANT_ADMIN)
    with pytest.raises(Conflict), scope(actor):
        suspend_member(actor, actor.person_id, at=AT)


def test_suspended_and_restored(world: World) -> None:
    with acting_as(world.ana) as ana:
        suspend_member(ana, world.felix.id, at=AT)
        assert restore_member(ana, world.felix.id, at=AT).state == MemberState.ACTIVE


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - {"add staff", "create a key"}))
def test_gus_finds_nothing_of_acme(world: World, operation: str) -> None:
    operate, _roles = OPERATIONS[operation]
    with pytest.raises((NotFound, Forbidden)), acting_as(world.gus) as gus:
        operate(gus, world)


def test_bad_values_name_their_field(world: World) -> None:
    for changes, field in (
        ({"zone": "Mars/Base"}, "zone"),
        ({"language": "xx"}, "language"),
        ({"segment": "huge"}, "segment"),
        ({"id": new_id()}, "id"),
        ({"name": "  "}, "name"),
    ):
        with pytest.raises(Invalid) as wrong, acting_as(world.max) as staff:
            change_tenant(staff, world.acme.id, changes, at=AT)
        assert list(wrong.value.fields) == [field]
    with pytest.raises(Invalid) as wrong, acting_as(world.ana) as ana:
        invite_member(ana, world.acme.id, email="not an address", role="field", at=AT)
    assert list(wrong.value.fields) == ["email"]
