from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, Visibility, event


@event(
    "staff.added", subject="staff", sentence=_("{actor} added a staff member"), visibility=Visibility.OPERATOR
)
@dataclass(frozen=True)
class StaffAdded(Happening):
    staff_id: UUID
    roles: tuple[str, ...]


@event(
    "staff.roles_changed",
    subject="staff",
    sentence=_("{actor} changed a staff member's roles"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class StaffRolesChanged(Happening):
    staff_id: UUID
    old: tuple[str, ...]
    new: tuple[str, ...]


@event(
    "staff.deactivated",
    subject="staff",
    sentence=_("{actor} deactivated a staff member"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class StaffDeactivated(Happening):
    staff_id: UUID


@event(
    "staff.reactivated",
    subject="staff",
    sentence=_("{actor} reactivated a staff member"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class StaffReactivated(Happening):
    staff_id: UUID


@event(
    "staff.profile_changed",
    subject="staff",
    sentence=_("{actor} changed details of a staff member"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class StaffProfileChanged(Happening):
    staff_id: UUID
    changed: tuple[str, ...]


@event("tenant.looked_at", subject="tenant", sentence=_("{actor} looked at this customer's data"))
@dataclass(frozen=True)
class TenantLookedAt(Happening):
    """By staff, once an hour. Customers see it unless the operator's settings say otherwise."""

    tenant_id: UUID
