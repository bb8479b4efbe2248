from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, Visibility, event
from mainstay.people.tenants.labels import CONTACT_PURPOSES, MEMBER_ROLES


@event("tenant.created", subject="tenant", sentence=_("{actor} created the customer"))
@dataclass(frozen=True)
class TenantCreated(Happening):
    tenant_id: UUID
    plan: str


@event("tenant.plan_changed", subject="tenant", sentence=_("{actor} changed the plan from {old} to {new}"))
@dataclass(frozen=True)
class PlanChanged(Happening):
    tenant_id: UUID
    old: str
    new: str


@event("tenant.details_changed", subject="tenant", sentence=_("{actor} changed details of the customer"))
@dataclass(frozen=True)
class TenantDetailsChanged(Happening):
    tenant_id: UUID
    changed: tuple[str, ...]
    """Names of the columns; their values may be personal."""


@event(
    "tenant.csm_changed",
    subject="tenant",
    sentence=_("{actor} changed the customer success manager"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class TenantCsmChanged(Happening):
    tenant_id: UUID
    old: UUID | None
    new: UUID | None


@event("tenant.domain_removed", subject="tenant", sentence=_("{actor} removed a mail domain"))
@dataclass(frozen=True)
class DomainRemoved(Happening):
    tenant_id: UUID
    domain_id: UUID


@event(
    "tenant.contact_named",
    subject="member",
    sentence=_("{actor} named a contact: {purpose}"),
    words={"purpose": CONTACT_PURPOSES},
)
@dataclass(frozen=True)
class ContactNamed(Happening):
    member_id: UUID
    purpose: str


@event(
    "tenant.contact_removed",
    subject="member",
    sentence=_("{actor} removed a contact: {purpose}"),
    words={"purpose": CONTACT_PURPOSES},
)
@dataclass(frozen=True)
class ContactRemoved(Happening):
    member_id: UUID
    purpose: str


@event("tenant.domain_verified", subject="tenant", sentence=_("{actor} verified a mail domain"))
@dataclass(frozen=True)
class DomainVerified(Happening):
    tenant_id: UUID
    domain_id: UUID


@event(
    "member.added",
    subject="member",
    sentence=_("{actor} added a person as {role}"),
    words={"role": MEMBER_ROLES},
)
@dataclass(frozen=True)
class MemberAdded(Happening):
    member_id: UUID
    role: str
    state: str


@event(
    "member.role_changed",
    subject="member",
    sentence=_("{actor} changed a role from {old} to {new}"),
    words={"old": MEMBER_ROLES, "new": MEMBER_ROLES},
)
@dataclass(frozen=True)
class MemberRoleChanged(Happening):
    member_id: UUID
    old: str
    new: str


@event("member.suspended", subject="member", sentence=_("{actor} suspended a person"))
@dataclass(frozen=True)
class MemberSuspended(Happening):
    member_id: UUID


@event("member.restored", subject="member", sentence=_("{actor} restored a person"))
@dataclass(frozen=True)
class MemberRestored(Happening):
    member_id: UUID


@event("member.joined", subject="member", sentence=_("{actor} accepted the invitation"))
@dataclass(frozen=True)
class MemberJoined(Happening):
    member_id: UUID


@event("member.profile_changed", subject="member", sentence=_("{actor} changed details of a person"))
@dataclass(frozen=True)
class MemberProfileChanged(Happening):
    member_id: UUID
    changed: tuple[str, ...]
