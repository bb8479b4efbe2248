"""The customer itself: plan, details, mail domains, contacts."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor, Role
from mainstay.core.errors import Conflict, Invalid, NotFound, Text
from mainstay.core.events.actions import record
from mainstay.core.house.current import house
from mainstay.people.tenants.actions.people import address_faults, locked_member
from mainstay.people.tenants.events import (
    ContactNamed,
    ContactRemoved,
    DomainRemoved,
    DomainVerified,
    MemberAdded,
    PlanChanged,
    TenantCreated,
    TenantCsmChanged,
    TenantDetailsChanged,
)
from mainstay.people.tenants.models import Member, Plan, Tenant, TenantContact, VerifiedDomain
from mainstay.people.tenants.queries import visible_tenant
from mainstay.people.tenants.rules import (
    CONTACT_PURPOSES,
    FREE_MAIL_DOMAINS,
    MANAGE_PEOPLE,
    MANAGE_TENANTS,
    RESERVED_SLUGS,
    MemberState,
    Segment,
    SubscriptionStatus,
    clean_domain,
    clean_email,
    is_domain,
    slug_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTenant:
    name: str
    plan: str
    owner_email: str
    owner_name: str = ""
    language: str = ""
    zone: str = ""
    industry: str = ""
    segment: str = Segment.SMB.value
    mrr: Decimal = Decimal(0)
    currency: str = ""
    seats: int = 0


def create_tenant(actor: Actor, new: NewTenant, *, at: datetime) -> tuple[Tenant, Member]:
    """The customer and its owner, who is not invited yet: that is the next step, by `invite_member`."""
    actor.require(MANAGE_TENANTS)
    plan = _offered_plan(new.plan)
    name = new.name.strip()
    email = clean_email(new.owner_email)
    _refuse({"name": [] if name else [_("A name is needed.")], "owner_email": address_faults(email)})
    tenant = Tenant(
        name=name,
        slug=_free_slug(name),
        plan=plan,
        language=new.language or house().language,
        zone=new.zone or house().zone,
        industry=new.industry.strip(),
        segment=new.segment,
        mrr=new.mrr,
        currency=new.currency or (plan.currency if plan.price_month else house().currency),
        seats=new.seats,
        created_at=at,
    )
    _refuse(_detail_faults(tenant))
    tenant.save(force_insert=True)
    record(actor, TenantCreated(tenant_id=tenant.id, plan=plan.key), tenant_id=tenant.id, at=at)
    owner = Member.objects.create(
        tenant=tenant,
        email=email,
        name=new.owner_name.strip(),
        role=Role.OWNER,
        state=MemberState.INVITED,
        created_at=at,
    )
    record(
        actor,
        MemberAdded(member_id=owner.id, role=owner.role, state=owner.state),
        tenant_id=tenant.id,
        at=at,
    )
    return tenant, owner


def _free_slug(name: str) -> str:
    base = slug_of(name)
    taken = set(Tenant.objects.filter(slug__startswith=base).values_list("slug", flat=True)) | RESERVED_SLUGS
    return (
        base if base not in taken else next(s for n in range(2, 10_000) if (s := f"{base}-{n}") not in taken)
    )


def _offered_plan(key: str) -> Plan:
    plan = Plan.objects.filter(key=key, is_offered=True).first()
    if plan is None:
        raise Invalid(fields={"plan": [_("There is no such plan on offer.")]})
    return plan


def change_plan(actor: Actor, tenant_id: UUID, plan_key: str, *, at: datetime) -> Tenant:
    actor.require(MANAGE_TENANTS)
    tenant = locked_tenant(actor, tenant_id)
    plan = _offered_plan(plan_key)
    old = tenant.plan
    if plan.id == old.id:
        return tenant
    tenant.plan = plan
    tenant.save(update_fields=["plan"])
    record(actor, PlanChanged(tenant_id=tenant.id, old=old.key, new=plan.key), tenant_id=tenant.id, at=at)
    return tenant


CHANGEABLE: Final = frozenset(
    {
        "name", "industry", "size", "region", "zone", "language", "mrr", "currency", "seats", "contract_start_on",
        "contract_end_on", "renewal_on", "renews_itself", "term_months", "subscription_status", "segment", "tags",
        "attributes", "branding", "limits",
    }
)  # fmt: skip


def change_tenant(actor: Actor, tenant_id: UUID, changes: dict[str, Any], *, at: datetime) -> Tenant:
    """Facts about the customer by column name; what is not named stays."""
    actor.require(MANAGE_TENANTS)
    if strangers := sorted(changes.keys() - CHANGEABLE):
        raise Invalid(fields={name: [_("This cannot be changed here.")] for name in strangers})
    tenant = locked_tenant(actor, tenant_id)
    changed = sorted(name for name, value in changes.items() if getattr(tenant, name) != value)
    for name in changed:
        setattr(tenant, name, changes[name])
    _refuse(_detail_faults(tenant))
    if changed:
        tenant.save(update_fields=changed)
        event = TenantDetailsChanged(tenant_id=tenant.id, changed=tuple(changed))
        record(actor, event, tenant_id=tenant.id, at=at)
    return tenant


def _detail_faults(tenant: Tenant) -> dict[str, list[Text]]:
    start, end = tenant.contract_start_on, tenant.contract_end_on
    return {
        "name": [] if tenant.name.strip() else [_("A name is needed.")],
        "zone": [] if tenant.zone in zoneinfo.available_timezones() else [_("This is not a time zone.")],
        "language": [] if tenant.language in house().languages else [_("This language is not offered.")],
        "segment": [] if tenant.segment in set(Segment) else [_("There is no such segment.")],
        "subscription_status": []
        if tenant.subscription_status in set(SubscriptionStatus)
        else [_("There is no such status.")],
        "mrr": [] if tenant.mrr >= 0 else [_("This cannot be negative.")],
        "contract_end_on": [_("The contract would end before it begins.")]
        if isinstance(start, date) and isinstance(end, date) and end < start
        else [],
    }


def _refuse(faults: dict[str, list[Text]]) -> None:
    found = {name: texts for name, texts in faults.items() if texts}
    if found:
        raise Invalid(fields=found)


def assign_csm(actor: Actor, tenant_id: UUID, staff_id: UUID | None, *, at: datetime) -> Tenant:
    """Who that staff member is, is the caller's to check: staff is the room above."""
    actor.require(MANAGE_TENANTS)
    tenant = locked_tenant(actor, tenant_id)
    old = tenant.csm_id
    if old != staff_id:
        tenant.csm_id = staff_id
        tenant.save(update_fields=["csm_id"])
        record(
            actor, TenantCsmChanged(tenant_id=tenant.id, old=old, new=staff_id), tenant_id=tenant.id, at=at
        )
    return tenant


def verify_domain(actor: Actor, tenant_id: UUID, domain: str, *, at: datetime) -> VerifiedDomain:
    """From here on unknown senders of this domain are the customer's contacts. Idempotent."""
    actor.require(MANAGE_TENANTS)
    tenant = locked_tenant(actor, tenant_id)
    domain = clean_domain(domain)
    if not is_domain(domain):
        raise Invalid(fields={"domain": [_("This is not a mail domain, such as example.com.")]})
    if domain in FREE_MAIL_DOMAINS:
        raise Invalid(fields={"domain": [_("Anybody can have an address there; it proves nothing.")]})
    with (
        connection.cursor() as cursor
    ):  # two customers' claims at once: the key of the table holds one of each
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"mainstay.domain {domain}"])
    with connection.cursor() as cursor:  # a scope that is bound to one customer does not see the others' rows
        cursor.execute("SELECT taken FROM is_domain_taken(%s, %s)", [domain, tenant.id])
        if cursor.fetchone()[0]:
            raise Conflict(fields={"domain": [_("Another customer has this domain.")]})
    known = VerifiedDomain.objects.filter(tenant_id=tenant.id, domain=domain).first()
    if known is not None:
        return known
    row = VerifiedDomain.objects.create(tenant=tenant, domain=domain, verified_at=at)
    record(actor, DomainVerified(tenant_id=tenant.id, domain_id=row.id), tenant_id=tenant.id, at=at)
    return row


def remove_domain(actor: Actor, tenant_id: UUID, domain_id: UUID, *, at: datetime) -> None:
    actor.require(MANAGE_TENANTS)
    tenant = locked_tenant(actor, tenant_id)
    count, _kinds = VerifiedDomain.objects.filter(tenant_id=tenant.id, id=domain_id).delete()
    if not count:
        raise NotFound
    record(actor, DomainRemoved(tenant_id=tenant.id, domain_id=domain_id), tenant_id=tenant.id, at=at)


def name_contact(actor: Actor, member_id: UUID, purpose: str, *, at: datetime) -> TenantContact:
    """Who notices of this purpose go to, besides those named already. Idempotent."""
    actor.require(MANAGE_PEOPLE)
    if purpose not in CONTACT_PURPOSES:
        raise Invalid(fields={"purpose": [_("There is no such purpose.")]})
    member = locked_member(actor, member_id)
    contact, made = TenantContact.objects.get_or_create(
        tenant_id=member.tenant_id, purpose=purpose, member=member
    )
    if made:
        event = ContactNamed(member_id=member.id, purpose=purpose)
        record(actor, event, tenant_id=member.tenant_id, at=at)
    return contact


def remove_contact(actor: Actor, member_id: UUID, purpose: str, *, at: datetime) -> None:
    actor.require(MANAGE_PEOPLE)
    member = locked_member(actor, member_id)
    count, _kinds = TenantContact.objects.filter(
        tenant_id=member.tenant_id, purpose=purpose, member=member
    ).delete()
    if count:
        event = ContactRemoved(member_id=member.id, purpose=purpose)
        record(actor, event, tenant_id=member.tenant_id, at=at)


def locked_tenant(actor: Actor, tenant_id: UUID) -> Tenant:
    """Serialises changes of one customer without holding up rows that point at it."""
    visible = visible_tenant(actor, tenant_id)
    return (
        Tenant.objects.select_for_update(no_key=True, of=("self",)).select_related("plan").get(id=visible.id)
    )
