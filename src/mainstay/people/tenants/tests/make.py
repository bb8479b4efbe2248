"""The standing cast: Acme with Ana, Félix and Clara; Globex with Gus, who must never see anything of
Acme's; staff Ari, Cora, Max and Eve. And the ways they come in: actors, sessions, keys."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.test import Client

from mainstay.core import clock
from mainstay.core.actor import Actor, ActorKind, Origin, Role
from mainstay.core.ids import new_id
from mainstay.core.wall.scope import current_actor, scope, sweep
from mainstay.people.access.models import ApiKey, Membership, OpenSession, OperatorKey, User
from mainstay.people.access.queries import Seat, hash_token
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member, Plan, Tenant

BEGINNING = datetime(2026, 1, 5, 8, tzinfo=UTC)
"""A Monday; when everybody in the cast joined."""
PASSWORD = "a-password-for-the-cast"
_PLANS = {
    "free": (0, ["in_app", "email"], "8x5"),
    "starter": (1, ["in_app", "email"], "8x5"),
    "professional": (2, ["in_app", "email", "chat"], "8x5"),
    "business": (3, ["in_app", "email", "chat", "phone"], "8x5"),
    "enterprise": (4, ["in_app", "email", "chat", "phone", "slack"], "24x5"),
}

Person = Member | Staff


@dataclass(frozen=True, slots=True)
class World:
    plans: dict[str, Plan]
    acme: Tenant
    globex: Tenant
    ana: Member
    felix: Member
    clara: Member
    gus: Member
    ari: Staff
    cora: Staff
    max: Staff
    eve: Staff

    @property
    def members(self) -> dict[str, Member]:
        return {"ana": self.ana, "felix": self.felix, "clara": self.clara, "gus": self.gus}

    @property
    def staff(self) -> dict[str, Staff]:
        return {"ari": self.ari, "cora": self.cora, "max": self.max, "eve": self.eve}


@contextmanager
def builders_scope() -> Iterator[None]:
    """All tenants at once, unless the caller already stands in a scope."""
    if current_actor() is not None:
        yield
        return
    with sweep("demo"):
        yield


def make_world() -> World:
    """Call outside any scope; works in a test's transaction and with real commits."""
    with builders_scope():
        plans = make_plans()
        acme = make_tenant("Acme", plan=plans["enterprise"])
        globex = make_tenant("Globex", plan=plans["starter"])
        world = World(
            plans,
            acme,
            globex,
            ana=make_member(acme, "Ana", Role.OWNER),
            felix=make_member(acme, "Félix", Role.FIELD, language="es"),
            clara=make_member(acme, "Clara", Role.CLIENT),
            gus=make_member(globex, "Gus", Role.OWNER),
            ari=make_staff("Ari", Role.AGENT),
            cora=make_staff("Cora", Role.CSM),
            max=make_staff("Max", Role.SUPPORT_MANAGER, Role.CS_MANAGER, Role.ADMIN),
            eve=make_staff("Eve", Role.ENGINEER),
        )
    for person in (*world.members.values(), *world.staff.values()):
        make_user(person)
    return world


def make_plans() -> dict[str, Plan]:
    """The preset `standard`; those that are installed already stay as they are."""
    return {
        key: Plan.objects.get_or_create(
            key=key,
            defaults={
                "preset": "standard",
                "rank": rank,
                "names": {"en": key.title(), "es": key.title()},
                "channels": channels,
                "calendar_key": calendar,
            },
        )[0]
        for key, (rank, channels, calendar) in _PLANS.items()
    }


def make_tenant(name: str, *, plan: Plan, **more: Any) -> Tenant:
    more.setdefault("slug", name.lower())
    return Tenant.objects.create(name=name, plan=plan, created_at=BEGINNING, **more)


def make_member(tenant: Tenant, name: str, role: Role, **more: Any) -> Member:
    more.setdefault("email", f"{_plain(name)}@{tenant.slug}.example")
    return Member.objects.create(
        tenant=tenant, name=name, role=role, joined_at=BEGINNING, created_at=BEGINNING, **more
    )


def make_staff(name: str, *roles: Role, **more: Any) -> Staff:
    more.setdefault("email", f"{_plain(name)}@mainstay.example")
    more.setdefault("languages", ["en", "es"])
    return Staff.objects.create(name=name, public_name=name, roles=list(roles), created_at=BEGINNING, **more)


def make_user(person: Person, *, password: str | None = None) -> User:
    """The person's sign-in, made as the doors role, hence outside any scope. Without a password: none works."""
    user, is_new = User.objects.get_or_create(email=person.email, defaults={"created_at": BEGINNING})
    if password or is_new:
        user.set_password(password) if password else user.set_unusable_password()
        user.save(update_fields=["password"])
    seat = (
        {"staff": person} if isinstance(person, Staff) else {"member": person, "tenant_id": person.tenant_id}
    )
    Membership.objects.get_or_create(user=user, **seat, defaults={"created_at": BEGINNING})
    return user


def sign_in(client: Client, person: Person) -> Client:
    """The client then sits on that person's seat, and has just shown the password."""
    by = {"staff_id": person.id} if isinstance(person, Staff) else {"member_id": person.id}
    membership = Membership.objects.select_related("user").get(**by)
    client.force_login(membership.user)
    session = client.session
    session["membership"] = str(membership.id)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(membership.user_id)
    session.save()
    now = clock.now()
    OpenSession.objects.update_or_create(
        session_key=session.session_key,
        defaults={"user": membership.user, "method": "password", "began_at": now, "seen_at": now},
    )
    return client


def actor_of(person: Person, *, door: str = "test") -> Actor:
    """The actor that a door would make for the person, without asking the database."""
    origin = Origin(door=door)
    if isinstance(person, Staff):
        return Actor(
            ActorKind.STAFF,
            person_id=person.id,
            roles=frozenset(Role(r) for r in person.roles),
            name=person.name,
            language=person.language,
            zone=person.zone,
            origin=origin,
        )
    return Actor(
        ActorKind.MEMBER,
        tenant_id=person.tenant_id,
        person_id=person.id,
        roles=frozenset({Role(person.role)}),
        name=person.name,
        language=person.language or "en",
        zone=person.zone or "UTC",
        origin=origin,
    )


@contextmanager
def acting_as(person: Person) -> Iterator[Actor]:
    """The person's scope: `with acting_as(world.ana) as actor:`"""
    with scope(actor_of(person)) as actor:
        yield actor


def seat_for(person: Person) -> Seat:
    actor = actor_of(person)
    return Seat(
        actor.kind,
        actor.tenant_id,
        person.id,
        name=actor.name,
        roles=actor.roles,
        language=actor.language,
        zone=actor.zone,
    )


ALL_SCOPES = (
    "tickets:read",
    "tickets:write",
    "tickets:notes",
    "tickets:triage",
    "people:read",
    "tenants:read",
    "webhooks:read",
    "webhooks:write",
)


def tenant_key(tenant: Tenant, *scopes: str, **more: Any) -> str:
    """The token of a new key of the customer's (by default one that may do everything)."""
    token, fields = _key(scopes, more)
    with builders_scope():
        ApiKey.objects.create(tenant=tenant, **fields)
    return token


def operator_key(*scopes: str, **more: Any) -> str:
    token, fields = _key(scopes, more)
    with builders_scope():
        OperatorKey.objects.create(**fields)
    return token


def _key(scopes: tuple[str, ...], more: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    token = f"ms_{secrets.token_urlsafe(32)}"
    fields = {
        "name": "test",
        "prefix": token[:8],
        "key_hash": hash_token(token),
        "scopes": list(scopes or ALL_SCOPES),
        "created_at": BEGINNING,
        "created_by_kind": ActorKind.SYSTEM,
    }
    return token, fields | more


def some_id() -> UUID:
    """An id that belongs to nothing."""
    return new_id()


def _plain(name: str) -> str:
    return name.lower().replace("é", "e").replace(" ", ".")
