"""What a customer is, and who may do what to one."""

from __future__ import annotations

import re
import unicodedata
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
MEET_PEOPLE: Final = Permission(
    "people.meet",
    frozenset({Role.AGENT, Role.SUPPORT_MANAGER, Role.ENGINEER, Role.ADMIN, Role.CSM, Role.CS_MANAGER}),
    "people:write",
)
"""Noting down who called or wrote, without giving anybody a way in."""

MANAGE_BRANDING: Final = Permission("branding.manage", frozenset({Role.OWNER, Role.TENANT_ADMIN}))
"""What the people of the customer's own portal see in the operator's place."""


ERASED_DOMAIN: Final = "erased.invalid"
"""Where erased people have their addresses: no such domain can ever exist."""


def clean_email(address: str) -> str:
    return address.strip().lower()


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def may_grant(granter: frozenset[Role], role: str) -> bool:
    """Only an owner (or staff) makes owners; everybody else who manages people grants what is below that.

    Asked also before a role is taken away: an administrator cannot unseat an owner. A key holds no role, so
    it never makes or unmakes owners.
    """
    if role == Role.OWNER:
        return not granter.isdisjoint({Role.OWNER, Role.ADMIN, Role.CSM, Role.CS_MANAGER})
    return True


INVITABLE: Final = tuple(role for role in MemberRole if role is not MemberRole.CONTACT)
CONTACT_PURPOSES: Final = ("primary", "billing", "technical")
# Anybody can have an address there, so owning one proves nothing about a customer.
FREE_MAIL_DOMAINS: Final = frozenset(
    {
        "aol.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "hotmail.es", "icloud.com",
        "live.com", "mail.com", "mail.ru", "me.com", "msn.com", "outlook.com", "outlook.es", "proton.me",
        "protonmail.com", "qq.com", "163.com", "t-online.de", "web.de", "yahoo.com", "yahoo.es", "yandex.ru",
        "zoho.com",
    }
)  # fmt: skip
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


def is_domain(text: str) -> bool:
    return len(text) <= 253 and _DOMAIN.fullmatch(text) is not None


def clean_domain(text: str) -> str:
    """As people type it: with a scheme, an @, a dot at the end; internationalised ones as mail carries them."""
    bare = text.strip().lower().rpartition("@")[2].removeprefix("https://").removeprefix("http://")
    bare = bare.rstrip("./")
    try:
        return bare.encode("idna").decode() if not bare.isascii() else bare
    except UnicodeError:
        return bare


RESERVED_SLUGS: Final = frozenset({"link", "offers", "organisation", "passkey", "second", "staff"})
"""Words of the product's own below /sign-in/, where each customer's slug is an address too."""


def slug_of(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "customer"
