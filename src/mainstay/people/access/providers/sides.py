"""The two sides a provider may stand on. Each knows its own people and no others: a customer's side reads and
writes in a scope that is bound to this customer, the operator's reads the staff.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mainstay.core.actor import Actor, ActorKind, Origin, Role, system_actor
from mainstay.core.events.actions import record
from mainstay.core.events.types import Visibility
from mainstay.core.wall.scope import operator_scope, scope
from mainstay.people.access.accounts import make_user, seat_member, seat_staff
from mainstay.people.access.actions.invitations import accept_invitation, close_invitations
from mainstay.people.access.models import Membership
from mainstay.people.access.providers.conversation import Config
from mainstay.people.access.providers.events import MemberLinked, ProviderRefused, StaffLinked
from mainstay.people.access.providers.models import (
    Provider,
    ProviderLink,
    StaffProvider,
    StaffProviderLink,
)
from mainstay.people.access.providers.rules import Asserted, Fault, KnownPerson, SsoFault
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.actions import add_member, join_member
from mainstay.people.tenants.models import Member, VerifiedDomain
from mainstay.people.tenants.rules import MemberState


def config_of(provider: Provider | StaffProvider) -> Config:
    return Config(
        provider_id=provider.id,
        tenant_id=getattr(provider, "tenant_id", None),
        name=provider.name,
        issuer=provider.issuer,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        is_enabled=provider.is_enabled,
    )


@dataclass(frozen=True, slots=True)
class TenantSide:
    tenant_id: UUID
    origin: Origin

    @property
    def name(self) -> str:
        return str(self.tenant_id)

    @contextmanager
    def open(self) -> Iterator[Actor]:
        with scope(system_actor(self.tenant_id, origin=self.origin)) as actor:
            yield actor

    def provider(self, provider_id: UUID, *, lock: bool = False) -> Provider | None:
        rows = Provider.objects.filter(tenant_id=self.tenant_id, id=provider_id)
        return (rows.select_for_update(no_key=True) if lock else rows).first()

    def linked(self, provider: Any, subject: str) -> KnownPerson | None:
        link = (
            ProviderLink.objects.filter(tenant_id=self.tenant_id, provider_id=provider.id, subject=subject)
            .select_related("member")
            .first()
        )
        return _member(link.member) if link else None

    def by_email(self, provider: Any, email: str) -> KnownPerson | None:
        member = Member.objects.filter(tenant_id=self.tenant_id, email=email).first()
        return _member(member, is_linked=self.has_link(provider, member.id)) if member else None

    def by_id(self, provider: Any, person_id: UUID) -> KnownPerson | None:
        member = Member.objects.filter(tenant_id=self.tenant_id, id=person_id).first()
        return _member(member, is_linked=self.has_link(provider, member.id)) if member else None

    def has_link(self, provider: Any, person_id: UUID) -> bool:
        return ProviderLink.objects.filter(
            tenant_id=self.tenant_id, provider_id=provider.id, member_id=person_id
        ).exists()

    def domains(self, provider: Any) -> set[str]:
        """Verified at this moment, as far as the provider is for them."""
        verified = set(
            VerifiedDomain.objects.filter(tenant_id=self.tenant_id).values_list("domain", flat=True)
        )
        return verified & set(provider.domains) if provider.domains else verified

    def creates(self, provider: Any) -> bool:
        return bool(provider.creates_members)

    def join(self, person: KnownPerson, *, at: datetime, name: str = "") -> None:
        """Somebody who was invited and has now proven to be that person."""
        member = Member.objects.select_for_update(no_key=True).get(tenant_id=self.tenant_id, id=person.id)
        if member.joined_at is None or member.state == MemberState.INVITED:
            join_member(self.actor_of(person), member, name=member.name or name, at=at)
            close_invitations(member, at=at)

    def accept(self, person: KnownPerson, invitation_id: UUID, *, at: datetime, name: str) -> None:
        accept_invitation(self.actor_of(person), invitation_id, at=at, name=name, again=False)

    def create(self, actor: Actor, asserted: Asserted, *, at: datetime) -> KnownPerson:
        member, _made = add_member(
            actor, self.tenant_id, email=asserted.email, role=Role.FIELD, name=asserted.name, at=at
        )
        return _member(member)

    def link(self, provider: Any, person: KnownPerson, subject: str, *, by: str, at: datetime) -> None:
        ProviderLink.objects.create(
            tenant_id=self.tenant_id,
            provider_id=provider.id,
            member_id=person.id,
            subject=subject,
            created_at=at,
        )
        event = MemberLinked(member_id=person.id, provider_id=provider.id, by=by)
        record(self.actor_of(person), event, tenant_id=self.tenant_id, at=at)

    def note_use(self, provider: Any, subject: str, *, at: datetime) -> None:
        ProviderLink.objects.filter(
            tenant_id=self.tenant_id, provider_id=provider.id, subject=subject
        ).update(used_at=at)

    def record_refused(self, actor: Actor, provider: Any, fault: Fault, *, at: datetime) -> None:
        event = ProviderRefused(provider_id=provider.id, fault=fault)
        record(actor, event, tenant_id=self.tenant_id, at=at)

    def actor_of(self, person: KnownPerson) -> Actor:
        return Actor(
            ActorKind.MEMBER,
            tenant_id=self.tenant_id,
            person_id=person.id,
            roles=frozenset({Role(person.role)}),
            origin=self.origin,
        )

    def membership(self, person_id: UUID, *, at: datetime) -> Membership:
        """Outside any scope. Made here for who had none: the account of the member's own address, into whose
        other seats this sign-in does not lead."""
        known = Membership.objects.filter(member_id=person_id).select_related("user").first()
        if known is not None:
            return known
        with self.open():
            member = Member.objects.get(tenant_id=self.tenant_id, id=person_id)
        user = make_user(member.email, at=at, language=member.language)
        seat_member(user, tenant_id=self.tenant_id, member_id=person_id, at=at)
        return Membership.objects.select_related("user").get(member_id=person_id)


@dataclass(frozen=True, slots=True)
class StaffSide:
    origin: Origin

    @property
    def name(self) -> str:
        return "staff"

    @contextmanager
    def open(self) -> Iterator[Actor]:
        with operator_scope(system_actor(origin=self.origin)) as actor:
            yield actor

    def provider(self, provider_id: UUID, *, lock: bool = False) -> StaffProvider | None:
        rows = StaffProvider.objects.filter(id=provider_id)
        return (rows.select_for_update(no_key=True) if lock else rows).first()

    def linked(self, provider: Any, subject: str) -> KnownPerson | None:
        link = StaffProviderLink.objects.filter(provider_id=provider.id, subject=subject)
        found = link.select_related("staff").first()
        return KnownPerson(found.staff_id, is_open=found.staff.is_active) if found else None

    def by_email(self, provider: Any, email: str) -> KnownPerson | None:
        return self._known(provider, Staff.objects.filter(email=email).first())

    def by_id(self, provider: Any, person_id: UUID) -> KnownPerson | None:
        return self._known(provider, Staff.objects.filter(id=person_id).first())

    def _known(self, provider: Any, staff: Staff | None) -> KnownPerson | None:
        if staff is None:
            return None
        return KnownPerson(staff.id, is_open=staff.is_active, is_linked=self.has_link(provider, staff.id))

    def has_link(self, provider: Any, person_id: UUID) -> bool:
        return StaffProviderLink.objects.filter(provider_id=provider.id, staff_id=person_id).exists()

    def domains(self, provider: Any) -> set[str]:
        return set(provider.domains)

    def creates(self, provider: Any) -> bool:
        return False

    def join(self, person: KnownPerson, *, at: datetime, name: str = "") -> None:
        """Staff need no acceptance."""

    def accept(self, person: KnownPerson, invitation_id: UUID, *, at: datetime, name: str) -> None:
        raise SsoFault(Fault.INVITATION_GONE)

    def create(self, actor: Actor, asserted: Asserted, *, at: datetime) -> KnownPerson:
        raise SsoFault(Fault.NOT_KNOWN)

    def link(self, provider: Any, person: KnownPerson, subject: str, *, by: str, at: datetime) -> None:
        StaffProviderLink.objects.create(
            provider_id=provider.id, staff_id=person.id, subject=subject, created_at=at
        )
        event = StaffLinked(staff_id=person.id, provider_id=provider.id, by=by)
        record(self.actor_of(person), event, tenant_id=None, at=at)

    def note_use(self, provider: Any, subject: str, *, at: datetime) -> None:
        StaffProviderLink.objects.filter(provider_id=provider.id, subject=subject).update(used_at=at)

    def record_refused(self, actor: Actor, provider: Any, fault: Fault, *, at: datetime) -> None:
        event = ProviderRefused(provider_id=provider.id, fault=fault)
        record(actor, event, tenant_id=None, at=at, visibility=Visibility.OPERATOR)

    def actor_of(self, person: KnownPerson) -> Actor:
        return Actor(ActorKind.STAFF, person_id=person.id, origin=self.origin)

    def membership(self, person_id: UUID, *, at: datetime) -> Membership:
        known = Membership.objects.filter(staff_id=person_id).select_related("user").first()
        if known is not None:
            return known
        with self.open():
            staff = Staff.objects.get(id=person_id)
        user = make_user(staff.email, at=at, language=staff.language)
        seat_staff(user, staff_id=person_id, at=at)
        return Membership.objects.select_related("user").get(staff_id=person_id)


Side = TenantSide | StaffSide


def side_of(tenant_id: UUID | None, origin: Origin) -> Side:
    return TenantSide(tenant_id, origin) if tenant_id is not None else StaffSide(origin)


def _member(member: Member, *, is_linked: bool = False) -> KnownPerson:
    return KnownPerson(
        member.id, member.role, is_open=member.state != MemberState.SUSPENDED, is_linked=is_linked
    )
