"""Reading customers and their people. Every query starts from what the actor may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from mainstay.core.actor import Actor, Role
from mainstay.core.errors import NotFound
from mainstay.core.pages import Beyond, Page, encode_cursor, read_cursor
from mainstay.people.tenants.branding import Branding, read_branding
from mainstay.people.tenants.models import Member, Plan, Tenant, TenantContact, TenantLogo, VerifiedDomain
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


@dataclass(frozen=True, slots=True)
class Brand:
    """A customer as the people of its own portal see it."""

    name: str
    branding: Branding
    logo: TenantLogo | None = None


def brand_of(actor: Actor) -> Brand:
    """Of the actor's own customer, for everybody there. Two queries."""
    name, kept = Tenant.objects.values_list("name", "branding").get(id=actor.home)
    branding = read_branding(kept)
    logo = TenantLogo.objects.filter(tenant_id=actor.home).order_by("-created_at").first()
    return Brand(branding.support_name or name, branding, logo)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFilter:
    """Empty means any. `text` is looked for in names and addresses."""

    text: str = ""
    role: str = ""
    state: str = ""


def page_of_members(
    actor: Actor, tenant_id: UUID, wanted: MemberFilter, *, cursor: str | None = None, limit: int = 50
) -> Page[Member]:
    """By address, which is unique within a customer."""
    found = visible_members(actor).filter(tenant_id=tenant_id, erased_at__isnull=True)
    if wanted.text:
        found = found.filter(Q(name__icontains=wanted.text) | Q(email__icontains=wanted.text))
    if wanted.role:
        found = found.filter(role=wanted.role)
    if wanted.state:
        found = found.filter(state=wanted.state)
    if cursor:
        found = found.filter(email__gt=read_cursor(cursor, str)[0])
    rows = list(found.order_by("email")[: limit + 1])
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], encode_cursor([rows[limit - 1].email]))


def visible_member(actor: Actor, member_id: UUID) -> Member:
    member = visible_members(actor).select_related("tenant").filter(id=member_id).first()
    if member is None:
        raise NotFound
    return member


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantFilter:
    """Empty means any. `text` is looked for in names and short names."""

    text: str = ""
    plan: str = ""
    status: str = ""
    csm_id: UUID | None = None


def page_of_tenants(
    actor: Actor, wanted: TenantFilter, *, cursor: str | None = None, limit: int = 50
) -> Page[Tenant]:
    """By name."""
    found = visible_tenants(actor)
    if wanted.text:
        found = found.filter(Q(name__icontains=wanted.text) | Q(slug__icontains=wanted.text))
    if wanted.plan:
        found = found.filter(plan__key=wanted.plan)
    if wanted.status:
        found = found.filter(subscription_status=wanted.status)
    if wanted.csm_id:
        found = found.filter(csm_id=wanted.csm_id)
    if cursor:
        found = found.filter(Beyond(["name", "id"], read_cursor(cursor, str, UUID), descending=False))
    rows = list(found.order_by("name", "id")[: limit + 1])
    if len(rows) <= limit:
        return Page(rows)
    last = rows[limit - 1]
    return Page(rows[:limit], encode_cursor([last.name, last.id]))


def people_counts(actor: Actor, tenant_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many people each customer has, mere contacts and suspended ones left out."""
    counted = (
        visible_members(actor)
        .filter(tenant_id__in=list(tenant_ids), state=MemberState.ACTIVE)
        .exclude(role=Role.CONTACT)
        .values("tenant_id")
        .annotate(count=Count("id"))
    )
    return {row["tenant_id"]: row["count"] for row in counted}


def contacts_of(actor: Actor, tenant_id: UUID) -> list[TenantContact]:
    """Who notices go to, by purpose."""
    return list(
        TenantContact.objects.filter(tenant=visible_tenant(actor, tenant_id))
        .select_related("member")
        .order_by("purpose", "member__email")
    )


def domains_of(actor: Actor, tenant_id: UUID) -> list[VerifiedDomain]:
    return list(VerifiedDomain.objects.filter(tenant=visible_tenant(actor, tenant_id)).order_by("domain"))
