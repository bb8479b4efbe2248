"""The people of a customer: role, suspension, profile. Owners first: the rules about them hold under races."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor, Role
from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound, Text
from mainstay.core.events.actions import record
from mainstay.core.house.current import house
from mainstay.core.text.headers import clean_line
from mainstay.people.tenants.events import (
    MemberAdded,
    MemberJoined,
    MemberProfileChanged,
    MemberRestored,
    MemberRoleChanged,
    MemberSuspended,
)
from mainstay.people.tenants.models import Member, Tenant
from mainstay.people.tenants.queries import visible_members, visible_tenant
from mainstay.people.tenants.rules import (
    ERASED_DOMAIN,
    INVITABLE,
    MANAGE_PEOPLE,
    MemberState,
    clean_email,
    domain_of,
    may_grant,
)


def address_faults(email: str) -> list[Text]:
    try:
        validate_email(email)
    except ValidationError:
        return [_("This is not an e-mail address.")]
    return [_("This is not an e-mail address.")] if domain_of(email) == ERASED_DOMAIN else []


def locked_member(actor: Actor, member_id: UUID, *, even_erased: bool = False) -> Member:
    """The customer's row is locked first, always: who counts owners sees no other change under way."""
    seen = visible_members(actor).filter(id=member_id).values_list("tenant_id", flat=True).first()
    if seen is None:
        raise NotFound
    _lock_tenant(seen)
    member = Member.objects.select_for_update(no_key=True).get(id=member_id, tenant_id=seen)
    if member.erased_at is not None and not even_erased:
        raise Conflict(_("This person is erased."))
    return member


def _lock_tenant(tenant_id: UUID) -> None:
    Tenant.objects.select_for_update(no_key=True).values_list("id").get(id=tenant_id)


def add_member(
    actor: Actor, tenant_id: UUID, *, email: str, role: str, at: datetime, name: str = "", language: str = ""
) -> tuple[Member, bool]:
    """The person of that address, and whether it is new. A mere contact is raised to the role; somebody who
    has joined already is a conflict. Whoever never joined can be invited again, whatever happened before."""
    actor.require(MANAGE_PEOPLE)
    email = clean_email(email)
    _check_grant(actor, role)
    if faults := address_faults(email):
        raise Invalid(fields={"email": faults})
    if language and language not in house().languages:
        raise Invalid(fields={"language": [_("This language is not offered.")]})
    tenant = visible_tenant(actor, tenant_id)
    _lock_tenant(tenant.id)
    member = Member.objects.select_for_update(no_key=True).filter(tenant_id=tenant.id, email=email).first()
    if member is None:
        member = Member.objects.create(
            tenant=tenant,
            email=email,
            name=clean_line(name, NAME_LIMIT),
            role=role,
            state=MemberState.INVITED,
            language=language,
            created_at=at,
        )
        event = MemberAdded(member_id=member.id, role=role, state=member.state)
        record(actor, event, tenant_id=tenant.id, at=at)
        return member, True
    if member.erased_at is not None:
        raise Conflict(fields={"email": [_("This person is being erased; try again in a minute.")]})
    if member.joined_at is not None:
        if member.state == MemberState.SUSPENDED:
            raise Conflict(fields={"email": [_("This person is suspended; restore instead.")]})
        raise Conflict(fields={"email": [_("This person belongs to the customer already.")]})
    if member.role != role:
        _check_grant(actor, member.role)
        _keep_an_owner(member)
        _set_role(actor, member, role, at=at)
    member.name, member.language = member.name or clean_line(name, NAME_LIMIT), member.language or language
    member.save(update_fields=["name", "language"])
    return member, False


def mark_invited(member: Member) -> None:
    """For the action that sends an invitation and holds the lock."""
    if member.joined_at is None and member.state != MemberState.INVITED:
        member.state = MemberState.INVITED
        member.save(update_fields=["state"])


def join_member(actor: Actor, member: Member, *, name: str = "", at: datetime) -> None:
    """The person has accepted; the caller holds the lock and has checked the invitation. Idempotent."""
    if member.joined_at is not None and member.state == MemberState.ACTIVE:
        return
    member.joined_at = member.joined_at or at
    member.state = MemberState.ACTIVE
    member.name = clean_line(name, NAME_LIMIT) or member.name
    member.save(update_fields=["joined_at", "state", "name"])
    record(actor, MemberJoined(member_id=member.id), tenant_id=member.tenant_id, at=at)


def change_role(actor: Actor, member_id: UUID, role: str, *, at: datetime) -> Member:
    actor.require(MANAGE_PEOPLE)
    member = locked_member(actor, member_id)
    if member.role == role:
        return member
    _check_grant(actor, role)
    _check_grant(actor, member.role)
    if member.role == Role.CONTACT:
        raise Conflict(_("A contact cannot sign in yet; invite the person instead."))
    _keep_an_owner(member)
    _set_role(actor, member, role, at=at)
    return member


def _set_role(actor: Actor, member: Member, role: str, *, at: datetime) -> None:
    old, member.role = member.role, role
    member.save(update_fields=["role"])
    event = MemberRoleChanged(member_id=member.id, old=old, new=role)
    record(actor, event, tenant_id=member.tenant_id, at=at)


def suspend_member(actor: Actor, member_id: UUID, *, at: datetime) -> Member:
    """Sign-in, sessions and mail of this membership end at once: every door asks for open seats."""
    actor.require(MANAGE_PEOPLE)
    member = locked_member(actor, member_id)
    _check_grant(actor, member.role)
    if member.id == actor.member_id:
        raise Conflict(_("Somebody else has to suspend you."))
    if member.state == MemberState.SUSPENDED:
        return member
    _keep_an_owner(member)
    member.state = MemberState.SUSPENDED
    member.save(update_fields=["state"])
    record(actor, MemberSuspended(member_id=member.id), tenant_id=member.tenant_id, at=at)
    return member


def strike_member(actor: Actor, member: Member, *, at: datetime) -> None:
    """The way in closes at once, for good. Whoever erases holds the lock, and removes the rest."""
    _check_grant(actor, member.role)
    if member.id == actor.member_id:
        raise Conflict(_("Somebody else has to erase you."))
    _keep_an_owner(member)
    was_open = member.state != MemberState.SUSPENDED
    member.state, member.erased_at = MemberState.SUSPENDED, at
    member.save(update_fields=["state", "erased_at"])
    if was_open:
        record(actor, MemberSuspended(member_id=member.id), tenant_id=member.tenant_id, at=at)


def restore_member(actor: Actor, member_id: UUID, *, at: datetime) -> Member:
    actor.require(MANAGE_PEOPLE)
    member = locked_member(actor, member_id)
    _check_grant(actor, member.role)
    if member.state != MemberState.SUSPENDED:
        return member
    # Somebody who never joined can be invited again; a contact needs no invitation to be written to.
    joined = member.joined_at is not None or member.role == Role.CONTACT
    member.state = MemberState.ACTIVE if joined else MemberState.INVITED
    member.save(update_fields=["state"])
    record(actor, MemberRestored(member_id=member.id), tenant_id=member.tenant_id, at=at)
    return member


NAME_LIMIT: Final = 200
_OWN: Final = frozenset({"name", "language", "zone", "phone", "title"})


def change_profile(actor: Actor, member_id: UUID, changes: dict[str, Any], *, at: datetime) -> Member:
    """Everybody their own; who manages people, everybody's."""
    if member_id != actor.member_id:
        actor.require(MANAGE_PEOPLE)
    if strangers := sorted(changes.keys() - _OWN):
        raise Invalid(fields={name: [_("This cannot be changed here.")] for name in strangers})
    member = visible_members(actor).select_for_update(no_key=True).filter(id=member_id).first()
    if member is None:
        raise NotFound
    if member.erased_at is not None:
        raise Conflict(_("This person is erased."))
    if "name" in changes:
        changes = {**changes, "name": clean_line(str(changes["name"]), NAME_LIMIT)}
    if (language := changes.get("language")) and language not in house().languages:
        raise Invalid(fields={"language": [_("This language is not offered.")]})
    if (zone := changes.get("zone")) and zone not in zoneinfo.available_timezones():
        raise Invalid(fields={"zone": [_("This is not a time zone.")]})
    changed = sorted(name for name, value in changes.items() if getattr(member, name) != value)
    for name in changed:
        setattr(member, name, changes[name])
    if changed:
        member.save(update_fields=changed)
        event = MemberProfileChanged(member_id=member.id, changed=tuple(changed))
        record(actor, event, tenant_id=member.tenant_id, at=at)
    return member


def _check_grant(actor: Actor, role: str) -> None:
    if role != Role.CONTACT and role not in INVITABLE:
        raise Invalid(fields={"role": [_("There is no such role.")]})
    if not actor.is_system and not may_grant(actor.roles, role):
        raise Forbidden(_("Only an owner can change who is an owner."))


def _keep_an_owner(member: Member) -> None:
    """Called with the customer's row locked, before an owner goes."""
    if member.role != Role.OWNER or member.state == MemberState.SUSPENDED:
        return
    others = Member.objects.filter(tenant_id=member.tenant_id, role=Role.OWNER).exclude(id=member.id)
    if member.state == MemberState.INVITED:
        # An owner who never joined may go if any other is left, even one who was only invited.
        others = others.exclude(state=MemberState.SUSPENDED)
    else:
        others = others.filter(state=MemberState.ACTIVE)
    if not others.exists():
        raise Conflict(_("This is the last owner; make somebody else an owner first."))
