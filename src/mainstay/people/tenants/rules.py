"""What a customer is, and who may do what to one."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from mainstay.core.actor import Permission, Role


class MemberRole(StrEnum):
    OWNER = Role.OWNER
    TENANT_ADMIN = Role.TENANT_ADMIN
    PM = Role.PM
    FIELD = Role.FIELD
    CLIENT = Role.CLIENT
    VENDOR = Role.VENDOR
    CONTACT = Role.CONTACT


class MemberState(StrEnum):
    ACTIVE = "active"
    INVITED = "invited"
    SUSPENDED = "suspended"


class SubscriptionStatus(StrEnum):
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELLED = "cancelled"


class Segment(StrEnum):
    SELF_SERVE = "self_serve"
    SMB = "smb"
    MID_MARKET = "mid_market"
    ENTERPRISE = "enterprise"


_STAFF_READERS: Final = frozenset(
    {
        Role.AGENT,
        Role.CSM,
        Role.SUPPORT_MANAGER,
        Role.CS_MANAGER,
        Role.ENGINEER,
        Role.PRODUCT,
        Role.SERVICES,
        Role.EXECUTIVE,
        Role.ADMIN,
    }
)

SEE_TENANTS: Final = Permission("tenants.see", _STAFF_READERS, "tenants:read")
MANAGE_TENANTS: Final = Permission(
    "tenants.manage", frozenset({Role.ADMIN, Role.CS_MANAGER, Role.CSM}), "tenants:write"
)
MANAGE_PLANS: Final = Permission("plans.manage", frozenset({Role.ADMIN}), "plans:write")
SEE_PEOPLE: Final = Permission(
    "people.see", _STAFF_READERS | {Role.OWNER, Role.TENANT_ADMIN, Role.PM, Role.FIELD}, "people:read"
)
MANAGE_PEOPLE: Final = Permission(
    "people.manage",
    frozenset({Role.OWNER, Role.TENANT_ADMIN, Role.ADMIN, Role.CSM, Role.CS_MANAGER, Role.SUPPORT_MANAGER}),
    "people:write",
)


def clean_email(address: str) -> str:
    return address.strip().lower()


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def may_grant(granter: frozenset[Role], role: str) -> bool:
    """Only an owner (or staff) makes owners; everybody else who manages people grants what is below that."""
    if role == Role.OWNER:
        return not granter.isdisjoint({Role.OWNER, Role.ADMIN, Role.CSM, Role.CS_MANAGER})
    return True
