"""The operator's people: added, given roles, deactivated. There is always an administrator left."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import STAFF_ROLES, Actor, Role
from mainstay.core.errors import Conflict, Invalid, NotFound
from mainstay.core.events.actions import record
from mainstay.core.house.current import house
from mainstay.people.staff.events import (
    StaffAdded,
    StaffDeactivated,
    StaffProfileChanged,
    StaffReactivated,
    StaffRolesChanged,
)
from mainstay.people.staff.models import Staff
from mainstay.people.staff.rules import MANAGE_STAFF
from mainstay.people.tenants.rules import clean_email


def add_staff(
    actor: Actor, *, email: str, name: str, roles: Iterable[str], at: datetime, public_name: str = "",
    language: str = "",
) -> Staff:  # fmt: skip
    """Sign-in follows by the mail that reacts to the event."""
    actor.require(MANAGE_STAFF)
    email, name = clean_email(email), name.strip()
    wanted = _checked_roles(roles)
    try:
        validate_email(email)
    except ValidationError as wrong:
        raise Invalid(fields={"email": [_("This is not an e-mail address.")]}) from wrong
    if not name:
        raise Invalid(fields={"name": [_("A name is needed.")]})
    _lock_team()
    if Staff.objects.filter(email=email).exists():
        raise Conflict(fields={"email": [_("Somebody of the staff has this address already.")]})
    staff = Staff.objects.create(
        email=email,
        name=name,
        public_name=public_name.strip() or name,
        roles=wanted,
        language=language or house().language,
        zone=house().zone,
        created_at=at,
    )
    record(actor, StaffAdded(staff_id=staff.id, roles=tuple(wanted)), tenant_id=None, at=at)
    return staff


def change_staff_roles(actor: Actor, staff_id: UUID, roles: Iterable[str], *, at: datetime) -> Staff:
    actor.require(MANAGE_STAFF)
    wanted = _checked_roles(roles)
    _lock_team()
    staff = _locked_staff(staff_id)
    old = sorted(staff.roles)
    if old == wanted:
        return staff
    if Role.ADMIN not in wanted:
        _keep_an_admin(staff)
    staff.roles = wanted
    staff.save(update_fields=["roles"])
    event = StaffRolesChanged(staff_id=staff.id, old=tuple(old), new=tuple(wanted))
    record(actor, event, tenant_id=None, at=at)
    return staff


def deactivate_staff(actor: Actor, staff_id: UUID, *, at: datetime) -> Staff:
    """Sessions end at once: every door asks for open seats."""
    actor.require(MANAGE_STAFF)
    if staff_id == actor.staff_id:
        raise Conflict(_("Somebody else has to deactivate you."))
    _lock_team()
    staff = _locked_staff(staff_id)
    if staff.is_active:
        _keep_an_admin(staff)
        staff.is_active = False
        staff.save(update_fields=["is_active"])
        record(actor, StaffDeactivated(staff_id=staff.id), tenant_id=None, at=at)
    return staff


def reactivate_staff(actor: Actor, staff_id: UUID, *, at: datetime) -> Staff:
    actor.require(MANAGE_STAFF)
    staff = _locked_staff(staff_id)
    if not staff.is_active:
        staff.is_active = True
        staff.save(update_fields=["is_active"])
        record(actor, StaffReactivated(staff_id=staff.id), tenant_id=None, at=at)
    return staff


_OWN: Final = frozenset({"name", "public_name", "language", "zone"})


def change_staff_profile(actor: Actor, staff_id: UUID, changes: dict[str, Any], *, at: datetime) -> Staff:
    """Everybody their own; administrators everybody's."""
    if staff_id != actor.staff_id:
        actor.require(MANAGE_STAFF)
    if strangers := sorted(changes.keys() - _OWN):
        raise Invalid(fields={name: [_("This cannot be changed here.")] for name in strangers})
    staff = _locked_staff(staff_id)
    for name in ("name", "public_name"):
        if name in changes and not str(changes[name]).strip():
            raise Invalid(fields={name: [_("A name is needed.")]})
    if changes.get("language", staff.language) not in house().languages:
        raise Invalid(fields={"language": [_("This language is not offered.")]})
    if changes.get("zone", staff.zone) not in zoneinfo.available_timezones():
        raise Invalid(fields={"zone": [_("This is not a time zone.")]})
    changed = sorted(name for name, value in changes.items() if getattr(staff, name) != value)
    for name in changed:
        setattr(staff, name, changes[name])
    if changed:
        staff.save(update_fields=changed)
        event = StaffProfileChanged(staff_id=staff.id, changed=tuple(changed))
        record(actor, event, tenant_id=None, at=at)
    return staff


def _checked_roles(roles: Iterable[str]) -> list[str]:
    wanted = sorted(set(roles))
    if not wanted:
        raise Invalid(fields={"roles": [_("At least one role is needed.")]})
    if set(wanted) - STAFF_ROLES:
        raise Invalid(fields={"roles": [_("There is no such role.")]})
    return [str(role) for role in wanted]


def _locked_staff(staff_id: UUID) -> Staff:
    staff = Staff.objects.select_for_update(no_key=True).filter(id=staff_id).first()
    if staff is None:
        raise NotFound
    return staff


def _lock_team() -> None:
    """One at a time: two administrators who deactivate each other would leave none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('mainstay.staff'))")


def _keep_an_admin(staff: Staff) -> None:
    if Role.ADMIN not in staff.roles or not staff.is_active:
        return
    others = Staff.objects.filter(is_active=True, roles__contains=[Role.ADMIN]).exclude(id=staff.id)
    if not others.exists():
        raise Conflict(_("This is the last administrator; name another one first."))
