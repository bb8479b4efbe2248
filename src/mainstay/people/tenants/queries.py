"""Reading customers and their people. Every query starts from what the actor may see."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from mainstay.core.actor import Actor, Role
from mainstay.core.errors import NotFound
from mainstay.people.tenants.models import Member, Plan, Tenant
from mainstay.people.tenants.rules import MANAGE_PEOPLE, SEE_PEOPLE, SEE_TENANTS, MemberState, clean_email


def visible_tenants(actor: Actor) -> QuerySet[Tenant]:
    """Staff: all that the role lets them; everybody else their own."""
    everything = Tenant.objects.select_related("plan")
    if actor.is_tenant_side:
        return everything.filter(id=actor.home)
    if actor.is_system and actor.tenant_id:
        return everything.filter(id=actor.tenant_id)
    return everything if actor.may(SEE_TENANTS) else everything.none()


def visible_tenant(actor: Actor, tenant_id: UUID) -> Tenant:
    tenant = visible_tenants(actor).filter(id=tenant_id).first()
    if tenant is None:
        raise NotFound
    return tenant


def visible_members(actor: Actor) -> QuerySet[Member]:
    """Portal users see themselves alone; the customer's own people see each other; staff see everybody."""
    everybody = Member.objects.all()
    if actor.tenant_id:
        everybody = everybody.filter(tenant_id=actor.tenant_id)
    if actor.may(SEE_PEOPLE) or actor.may(MANAGE_PEOPLE):
        return everybody
    return everybody.filter(id=actor.member_id) if actor.member_id else everybody.none()


def member_by_email(actor: Actor, tenant_id: UUID, email: str) -> Member | None:
    return visible_members(actor).filter(tenant_id=tenant_id, email=clean_email(email)).first()


def recipients(actor: Actor, tenant_id: UUID, member_ids: Iterable[UUID]) -> list[Member]:
    """Those of the named people who may be written to."""
    return list(
        Member.objects.filter(tenant_id=tenant_id, id__in=list(member_ids)).exclude(
            state=MemberState.SUSPENDED
        )
    )


def owner_of(tenant_id: UUID) -> Member | None:
    return (
        Member.objects.filter(tenant_id=tenant_id, role=Role.OWNER)
        .exclude(state=MemberState.SUSPENDED)
        .order_by("created_at")
        .first()
    )


def plans() -> list[Plan]:
    """Those on offer, by rank."""
    return list(Plan.objects.filter(is_offered=True).order_by("rank", "key"))
