"""Who acts. Built by a door from key, session or job, then passed to every action and query."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from mainstay.core.errors import Forbidden


class ActorKind(StrEnum):
    MEMBER = "member"
    STAFF = "staff"
    TENANT_KEY = "tenant_key"
    OPERATOR_KEY = "operator_key"
    SYSTEM = "system"
    VISITOR = "visitor"


class Role(StrEnum):
    """Roles of members first, then of staff. `contact` is a person known by e-mail only, without sign-in."""

    OWNER = "owner"
    TENANT_ADMIN = "tenant_admin"
    PM = "pm"
    FIELD = "field"
    CLIENT = "client"
    VENDOR = "vendor"
    CONTACT = "contact"

    AGENT = "agent"
    CSM = "csm"
    SUPPORT_MANAGER = "support_manager"
    CS_MANAGER = "cs_manager"
    ENGINEER = "engineer"
    PRODUCT = "product"
    SERVICES = "services"
    EXECUTIVE = "executive"
    ADMIN = "admin"


MEMBER_ROLES: Final = frozenset(
    {Role.OWNER, Role.TENANT_ADMIN, Role.PM, Role.FIELD, Role.CLIENT, Role.VENDOR, Role.CONTACT}
)
PORTAL_ROLES: Final = frozenset({Role.CLIENT, Role.VENDOR})
TENANT_MANAGERS: Final = frozenset({Role.OWNER, Role.TENANT_ADMIN})
STAFF_ROLES: Final = frozenset(Role) - MEMBER_ROLES

_PERMISSIONS: dict[str, Permission] = {}


@dataclass(frozen=True, slots=True)
class Permission:
    """A named right. Each room declares its own in `rules.py`; the registry feeds the matrix test and page.

    `roles` hold it by being who they are; a key holds it when it carries `key_scope`.
    """

    name: str
    roles: frozenset[Role]
    key_scope: str = ""

    def __post_init__(self) -> None:
        if _PERMISSIONS.setdefault(self.name, self) != self:
            raise ValueError(f"permission {self.name} is declared twice")


def permissions() -> dict[str, Permission]:
    return dict(_PERMISSIONS)


def key_scopes_for(side: frozenset[Role]) -> list[str]:
    """The scopes that a key of this side can make use of."""
    return sorted({p.key_scope for p in _PERMISSIONS.values() if p.key_scope and p.roles & side})


@dataclass(frozen=True, slots=True)
class Origin:
    """From where, and caused by what: goes onto every event."""

    door: str = "system"
    ip: str | None = None
    request_id: str = ""
    cause: int | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Actor:
    kind: ActorKind
    tenant_id: UUID | None = None
    person_id: UUID | None = None
    """Member, staff member or key, by `kind`."""
    roles: frozenset[Role] = frozenset()
    key_scopes: frozenset[str] = frozenset()
    name: str = ""
    language: str = "en"
    zone: str = "UTC"
    origin: Origin = field(default_factory=Origin)

    @property
    def is_staff(self) -> bool:
        return self.kind in (ActorKind.STAFF, ActorKind.OPERATOR_KEY)

    @property
    def is_tenant_side(self) -> bool:
        return self.kind in (ActorKind.MEMBER, ActorKind.TENANT_KEY)

    @property
    def home(self) -> UUID:
        """The tenant of somebody who has one."""
        if self.tenant_id is None:
            raise Forbidden
        return self.tenant_id

    @property
    def is_system(self) -> bool:
        return self.kind is ActorKind.SYSTEM

    @property
    def member_id(self) -> UUID | None:
        return self.person_id if self.kind is ActorKind.MEMBER else None

    @property
    def staff_id(self) -> UUID | None:
        return self.person_id if self.kind is ActorKind.STAFF else None

    def may(self, permission: Permission) -> bool:
        if self.kind is ActorKind.SYSTEM:
            return True
        if self.kind is ActorKind.TENANT_KEY:
            return self._carries(permission, TENANT_MANAGERS)
        if self.kind is ActorKind.OPERATOR_KEY:
            return self._carries(permission, STAFF_ROLES)
        return not self.roles.isdisjoint(permission.roles)

    def _carries(self, permission: Permission, side: frozenset[Role]) -> bool:
        """A key does what its scopes say, within what its side's own people may do: a scope name shared by
        rights of both sides never lifts a customer's key over the customer's owner."""
        return permission.key_scope in self.key_scopes and not permission.roles.isdisjoint(side)

    def require(self, permission: Permission) -> None:
        if not self.may(permission):
            raise Forbidden


def system_actor(tenant_id: UUID | None = None, *, name: str = "", origin: Origin | None = None) -> Actor:
    """The product itself: bound to one tenant (job role), or to none (a named sweep)."""
    return Actor(ActorKind.SYSTEM, tenant_id=tenant_id, name=name, origin=origin or Origin())
