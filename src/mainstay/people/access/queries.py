"""Who is asking: from a user or a key to a seat, and from a seat to an actor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone, translation

from mainstay.core.actor import Actor, ActorKind, Origin, Role
from mainstay.core.errors import Forbidden, Unauthenticated
from mainstay.core.wall.scope import scope
from mainstay.people.access.models import Membership
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.rules import MemberState


@dataclass(frozen=True, slots=True)
class Seat:
    """What a door knows before it opens the scope: which side, which tenant, which person or key."""

    kind: ActorKind
    tenant_id: UUID | None
    person_id: UUID
    key_scopes: frozenset[str] = frozenset()
    key_name: str = ""
    membership_id: UUID | None = None

    @contextmanager
    def open(self, origin: Origin, *, timeout_ms: int = 15_000) -> Iterator[Actor]:
        """The scope, with the person's language and time zone active inside it."""
        bare = Actor(self.kind, self.tenant_id, self.person_id, origin=origin)
        with scope(bare, timeout_ms=timeout_ms):
            actor = _full(self, bare)
            with translation.override(actor.language), timezone.override(actor.zone):
                yield actor


def memberships_of(user_id: UUID) -> list[Membership]:
    """Read as the doors role, before any scope."""
    return list(Membership.objects.filter(user_id=user_id).order_by("created_at", "id"))


def seat_of(membership: Membership) -> Seat:
    if membership.staff_id is not None:
        return Seat(ActorKind.STAFF, None, membership.staff_id, membership_id=membership.id)
    assert membership.member_id is not None
    return Seat(ActorKind.MEMBER, membership.tenant_id, membership.member_id, membership_id=membership.id)


def hash_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def seat_of_key(token: str, *, at: datetime) -> Seat:
    """Read as the doors role. Unknown, expired and revoked keys are one error with different words."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key_id, tenant_id, name, scopes, expires_at, revoked_at FROM find_key(%s)",
            [hash_token(token)],
        )
        row = cursor.fetchone()
    if row is None:
        raise Unauthenticated("This API key is not known.")
    key_id, tenant_id, name, scopes, expires_at, revoked_at = row
    if revoked_at is not None:
        raise Unauthenticated("This API key was revoked.")
    if expires_at is not None and expires_at <= at:
        raise Unauthenticated("This API key has expired.")
    kind = ActorKind.TENANT_KEY if tenant_id else ActorKind.OPERATOR_KEY
    return Seat(kind, tenant_id, key_id, key_scopes=frozenset(scopes), key_name=name)


def _full(seat: Seat, bare: Actor) -> Actor:
    if seat.kind is ActorKind.STAFF:
        staff = Staff.objects.filter(id=seat.person_id, is_active=True).first()
        if staff is None:
            raise Forbidden
        return replace(
            bare,
            roles=frozenset(Role(r) for r in staff.roles),
            name=staff.name,
            language=staff.language or settings.LANGUAGE_CODE,
            zone=staff.zone or settings.TIME_ZONE,
        )
    if seat.kind is ActorKind.MEMBER:
        member = (
            Member.objects.filter(id=seat.person_id, tenant_id=bare.home)
            .exclude(state=MemberState.SUSPENDED)
            .select_related("tenant")
            .first()
        )
        if member is None:
            raise Forbidden
        return replace(
            bare,
            roles=frozenset({Role(member.role)}),
            name=member.name or member.email,
            language=member.language or member.tenant.language or settings.LANGUAGE_CODE,
            zone=member.zone or member.tenant.zone or settings.TIME_ZONE,
        )
    return replace(
        bare,
        key_scopes=seat.key_scopes,
        name=seat.key_name,
        language=settings.LANGUAGE_CODE,
        zone=settings.TIME_ZONE,
    )
