"""Many customers or people at once, in one transaction: the same rules and events as one by one, set by set.

The caller has cleaned the values and decided what is new; what only holds at the moment of writing (rights,
locks, an owner who must stay) is looked after here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor, Role
from mainstay.core.bulk import insert_rows
from mainstay.core.errors import Forbidden
from mainstay.core.events.actions import record_set
from mainstay.core.events.types import Happening
from mainstay.core.ids import new_id
from mainstay.core.prepared import insert
from mainstay.people.tenants.events import (
    MemberAdded,
    MemberProfileChanged,
    MemberRoleChanged,
    PlanChanged,
    TenantCreated,
    TenantCsmChanged,
    TenantDetailsChanged,
)
from mainstay.people.tenants.models import Member, Plan, Tenant
from mainstay.people.tenants.queries import visible_members, visible_tenants
from mainstay.people.tenants.rules import MANAGE_PEOPLE, MANAGE_TENANTS, MemberState, may_grant

_MOST_ROWS: Final = 500
"""In one statement, which may have 65,535 parameters."""
Events = list[tuple[UUID | None, Happening]]


@dataclass(frozen=True, slots=True)
class MemberLine:
    """Of somebody new all columns that are known; of somebody known those to change."""

    tenant_id: UUID
    email: str
    values: Mapping[str, Any]
    known: Member | None = None


@dataclass(frozen=True, slots=True)
class TenantLine:
    slug: str
    values: Mapping[str, Any]
    plan: Plan | None = None
    owner_email: str = ""
    owner_name: str = ""
    known: Tenant | None = None


def members_by_address(
    actor: Actor, wanted: Iterable[tuple[UUID, str]], *, lock: bool = False
) -> dict[tuple[UUID, str], Member]:
    """With `lock` the customers' rows are locked first, as whoever changes one person does."""
    pairs = set(wanted)
    tenants = {tenant_id for tenant_id, _email in pairs}
    found = visible_members(actor).filter(
        tenant_id__in=tenants, email__in={email for _tenant, email in pairs}
    )
    if lock:
        rows = Tenant.objects.filter(id__in=tenants).order_by("id").select_for_update(no_key=True)
        list(rows.values_list("id"))
        found = found.select_for_update(no_key=True)
    return {key: member for member in found if (key := (member.tenant_id, member.email)) in pairs}


def put_members(actor: Actor, lines: Sequence[MemberLine], *, at: datetime) -> list[UUID]:
    """The ids, in the order of the lines. New people are not invited by this."""
    actor.require(MANAGE_PEOPLE)
    for line in lines:
        roles = {line.values.get("role", Role.CONTACT), line.known.role if line.known else Role.CONTACT}
        if not all(may_grant(actor.roles, role) for role in roles) and "role" in line.values:
            raise Forbidden(_("Only an owner can change who is an owner."))
    events: Events = []
    ids: list[UUID] = []
    made: list[dict[str, Any]] = []
    changed: list[Member] = []
    for line in lines:
        if line.known is None:
            row = _new_member(line, at)
            made.append(row)
            events.append((line.tenant_id, MemberAdded(row["id"], row["role"], row["state"])))
            ids.append(row["id"])
        else:
            if _change_member(line.known, line.values, events):
                changed.append(line.known)
            ids.append(line.known.id)
    insert_rows(Member, [{name: row.get(name, "") for name in _COLUMNS} for row in made])
    _save_members(changed)
    record_set(actor, events, at=at)
    return ids


def _new_member(line: MemberLine, at: datetime) -> dict[str, Any]:
    role = line.values.get("role", Role.CONTACT)
    # A contact needs no invitation to be written to; everybody else comes in by one.
    state = MemberState.ACTIVE if role == Role.CONTACT else MemberState.INVITED
    return {
        "id": new_id(),
        "tenant_id": line.tenant_id,
        "email": line.email,
        "state": state,
        "created_at": at,
        **line.values,
        "role": role,
    }


def _change_member(member: Member, values: Mapping[str, Any], events: Events) -> bool:
    changed = sorted(name for name, value in values.items() if getattr(member, name) != value)
    old = member.role
    for name in changed:
        setattr(member, name, values[name])
    if old == Role.CONTACT and member.role != old and member.joined_at is None:
        member.state = MemberState.INVITED if member.state == MemberState.ACTIVE else member.state
    if member.role != old:
        events.append((member.tenant_id, MemberRoleChanged(member.id, old, member.role)))
    if profile := tuple(name for name in changed if name != "role"):
        events.append((member.tenant_id, MemberProfileChanged(member.id, profile)))
    return bool(changed)


_COLUMNS: Final = (
    *("id", "tenant_id", "email", "state", "created_at"),
    *("name", "role", "language", "zone", "phone", "title"),
)
_SAVED: Final = ("name", "role", "state", "language", "zone", "phone", "title")


def _save_members(members: Sequence[Member]) -> None:
    """In one statement: row by row takes ten times as long."""
    if not members:
        return
    columns: list[list[Any]] = [[getattr(member, name) for member in members] for name in _SAVED]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE member AS m SET name = d.name, role = d.role, state = d.state, language = d.language, "
            "zone = d.zone, phone = d.phone, title = d.title "
            "FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], "
            "%s::text[], %s::text[]) AS d (tenant_id, id, name, role, state, language, zone, phone, title) "
            "WHERE m.tenant_id = d.tenant_id AND m.id = d.id",
            [[m.tenant_id for m in members], [m.id for m in members], *columns],
        )


def tenants_by_slug(actor: Actor, slugs: Iterable[str], *, lock: bool = False) -> dict[str, Tenant]:
    found = visible_tenants(actor).filter(slug__in=set(slugs)).order_by("id")
    if lock:
        found = found.select_for_update(no_key=True, of=("self",))
    return {tenant.slug: tenant for tenant in found}


def put_tenants(actor: Actor, lines: Sequence[TenantLine], *, at: datetime) -> list[UUID]:
    """Each new customer comes with its owner, who is not invited by this."""
    actor.require(MANAGE_TENANTS)
    events: Events = []
    made: list[Tenant] = []
    owners: list[Member] = []
    ids: list[UUID] = []
    for line in lines:
        if line.known is not None:
            _change_tenant(line.known, line, events)
            ids.append(line.known.id)
            continue
        tenant, owner = _new_tenant(line, at)
        made.append(tenant)
        owners.append(owner)
        ids.append(tenant.id)
        events.append((tenant.id, TenantCreated(tenant.id, tenant.plan.key)))
        events.append((tenant.id, MemberAdded(owner.id, owner.role, owner.state)))
    for start in range(0, len(made), _MOST_ROWS):
        insert(made[start : start + _MOST_ROWS])
        insert(owners[start : start + _MOST_ROWS])
    record_set(actor, events, at=at)
    return ids


def _new_tenant(line: TenantLine, at: datetime) -> tuple[Tenant, Member]:
    assert line.plan is not None
    tenant = Tenant(slug=line.slug, plan=line.plan, created_at=at, **line.values)
    owner = Member(
        tenant_id=tenant.id,
        email=line.owner_email,
        name=line.owner_name,
        role=Role.OWNER,
        state=MemberState.INVITED,
        created_at=at,
    )
    return tenant, owner


def _change_tenant(tenant: Tenant, line: TenantLine, events: Events) -> None:
    changed = sorted(name for name, value in line.values.items() if getattr(tenant, name) != value)
    old_csm, old_plan = tenant.csm_id, tenant.plan
    for name in changed:
        setattr(tenant, name, line.values[name])
    columns = list(changed)
    if line.plan is not None and line.plan.id != old_plan.id:
        tenant.plan = line.plan
        columns.append("plan")
        events.append((tenant.id, PlanChanged(tenant.id, old_plan.key, line.plan.key)))
    if tenant.csm_id != old_csm:
        events.append((tenant.id, TenantCsmChanged(tenant.id, old_csm, tenant.csm_id)))
    if details := tuple(name for name in changed if name != "csm_id"):
        events.append((tenant.id, TenantDetailsChanged(tenant.id, details)))
    if columns:
        tenant.save(update_fields=columns)
