"""Who is asking: from a user or a key to a seat, and from a seat to an actor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor, ActorKind, Origin, Role
from mainstay.core.errors import Unauthenticated
from mainstay.core.house.current import house
from mainstay.core.prepared import prepared_cursor
from mainstay.core.wall.scope import scope
from mainstay.people.access.models import ApiKey, Invitation, OperatorKey
from mainstay.people.access.rules import SEE_KEYS, SEE_OPERATOR_KEYS
from mainstay.people.tenants.rules import MANAGE_PEOPLE

_KEY_USE_GRAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Seat:
    """What a door knows before it opens the scope: which side, which tenant, which person or key."""

    kind: ActorKind
    tenant_id: UUID | None
    person_id: UUID
    name: str = ""
    roles: frozenset[Role] = frozenset()
    language: str = ""
    zone: str = ""
    tenant_name: str = ""
    membership_id: UUID | None = None
    tenant_slug: str = ""
    sso_required: bool = False
    provider_ids: frozenset[UUID] = frozenset()
    """Providers, enabled at this moment, that this seat is linked to."""
    key_scopes: frozenset[str] = frozenset()
    key_used_at: datetime | None = None
    asked_at: datetime | None = None
    """For keys: when this request came, which becomes the key's last use."""
    must_have_factor: bool = False
    has_factor: bool = False
    session_began_at: datetime | None = None
    session_seen_at: datetime | None = None

    @property
    def is_barred(self) -> bool:
        """A second factor is demanded of this person and not set up: nothing but that can be done."""
        return self.must_have_factor and not self.has_factor

    def actor(self, origin: Origin) -> Actor:
        return Actor(
            self.kind,
            tenant_id=self.tenant_id,
            person_id=self.person_id,
            roles=self.roles,
            key_scopes=self.key_scopes,
            name=self.name,
            language=self.language or house().language,
            zone=self.zone or house().zone,
            origin=origin,
        )

    @contextmanager
    def open(self, origin: Origin, *, timeout_ms: int = 15_000) -> Iterator[Actor]:
        """The scope, with the person's language and time zone active inside it."""
        actor = self.actor(origin)
        with scope(actor, timeout_ms=timeout_ms):
            self._note_key_use()
            with translation.override(actor.language), timezone.override(actor.zone):
                yield actor

    def _note_key_use(self) -> None:
        at, before = self.asked_at, self.key_used_at
        if at is None or (before is not None and at - before < _KEY_USE_GRAIN):
            return
        model = ApiKey if self.kind is ActorKind.TENANT_KEY else OperatorKey
        # Requests with one key must not queue for its row: whoever holds the lock notes the same minute.
        free: Any = model.objects.filter(id=self.person_id).select_for_update(skip_locked=True, no_key=True)
        model.objects.filter(id__in=free.values("id")).update(last_used_at=at)


def seats_of(user_id: UUID, session_key: str = "") -> list[Seat]:
    """Every seat of the user: not suspended, not deactivated. Which of them a session opens, its proofs say.
    Read as the doors role. With a session's key they say when that began and was last seen."""
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT membership_id, tenant_id, member_id, staff_id, name, roles, language, zone, tenant_name, "
            "tenant_slug, sso_required, provider_ids, requires_factor, has_factor, began_at, seen_at "
            "FROM find_seats(%s, %s)",
            [user_id, session_key],
        )
        return [_seat(*row) for row in cursor.fetchall()]


def _seat(membership_id: UUID, tenant_id: UUID | None, member_id: UUID | None, staff_id: UUID | None,
          name: str, roles: list[str], language: str, zone: str, tenant_name: str | None,
          tenant_slug: str | None, sso_required: bool, provider_ids: list[UUID],
          requires_factor: bool | None, has_factor: bool, began_at: datetime | None,
          seen_at: datetime | None) -> Seat:  # fmt: skip
    person_id = member_id or staff_id
    assert person_id is not None, "a check of the table says so"
    return Seat(
        ActorKind.MEMBER if member_id else ActorKind.STAFF,
        tenant_id,
        person_id,
        name=name,
        roles=frozenset(Role(role) for role in roles),
        language=language,
        zone=zone,
        tenant_name=tenant_name or "",
        membership_id=membership_id,
        tenant_slug=tenant_slug or "",
        sso_required=sso_required,
        provider_ids=frozenset(provider_ids),
        must_have_factor=bool(requires_factor) if member_id else house().staff_second_factor,
        has_factor=has_factor,
        session_began_at=began_at,
        session_seen_at=seen_at,
    )


def hash_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def seat_of_key(token: str, *, at: datetime) -> Seat:
    """Read as the doors role. Unknown, expired and revoked keys are one error with different words."""
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT key_id, tenant_id, tenant_name, name, scopes, expires_at, revoked_at, last_used_at, "
            "language, zone FROM find_key(%s)",
            [hash_token(token)],
        )
        row = cursor.fetchone()
    if row is None:
        raise Unauthenticated(_("This API key is not known."))
    key_id, tenant_id, tenant_name, name, scopes, expires_at, revoked_at, used_at, language, zone = row
    if revoked_at is not None:
        raise Unauthenticated(_("This API key was revoked."))
    if expires_at is not None and expires_at <= at:
        raise Unauthenticated(_("This API key has expired."))
    return Seat(
        ActorKind.TENANT_KEY if tenant_id else ActorKind.OPERATOR_KEY,
        tenant_id,
        key_id,
        name=name,
        language=language or "",
        zone=zone or "",
        tenant_name=tenant_name or "",
        key_scopes=frozenset(scopes),
        key_used_at=used_at,
        asked_at=at,
    )


@dataclass(frozen=True, slots=True)
class FoundInvitation:
    """What the holder of an invitation's link may know."""

    invitation_id: UUID
    tenant_id: UUID
    member_id: UUID
    email: str
    name: str
    role: str
    tenant_name: str
    language: str
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None


def found_invitation(token: str) -> FoundInvitation | None:
    """Read as the doors role."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT invitation_id, tenant_id, member_id, email, name, role, tenant_name, language, "
            "expires_at, accepted_at, revoked_at FROM find_invitation(%s)",
            [hash_token(token)],
        )
        row: Any = cursor.fetchone()
    return FoundInvitation(*row) if row else None


def has_admin() -> bool:
    """Whether anybody can administer this installation yet. Read as the doors role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT found FROM find_admin()")
        row = cursor.fetchone()
    return bool(row and row[0])


def open_invitations(actor: Actor, tenant_id: UUID, member_ids: Iterable[UUID]) -> dict[UUID, Invitation]:
    """The invitation that each of the people may still accept or let expire."""
    if not actor.may(MANAGE_PEOPLE) or (actor.tenant_id and actor.tenant_id != tenant_id):
        return {}
    found = Invitation.objects.filter(
        tenant_id=tenant_id,
        member_id__in=list(member_ids),
        accepted_at__isnull=True,
        revoked_at__isnull=True,
    )
    return {row.member_id: row for row in found}


def keys_of(actor: Actor, tenant_id: UUID) -> list[ApiKey]:
    """The newest first, those that are spent at the end."""
    actor.require(SEE_KEYS)
    if actor.tenant_id and actor.tenant_id != tenant_id:
        return []
    found = ApiKey.objects.filter(tenant_id=tenant_id).order_by("-created_at", "-id")
    return sorted(found, key=lambda key: key.revoked_at is not None)


def operator_keys(actor: Actor) -> list[OperatorKey]:
    actor.require(SEE_OPERATOR_KEYS)
    found = OperatorKey.objects.order_by("-created_at", "-id")
    return sorted(found, key=lambda key: key.revoked_at is not None)
