"""Reading providers: as a door before anybody is known, and as who manages them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, F

from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.people.access.providers.models import (
    DomainClaim,
    Provider,
    ProviderLink,
    StaffProvider,
    StaffProviderLink,
)
from mainstay.people.access.providers.rules import MANAGE_SSO, MANAGE_STAFF_SSO
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member, VerifiedDomain
from mainstay.people.tenants.rules import clean_domain, domain_of


@dataclass(frozen=True, slots=True)
class ProviderDoor:
    """What whoever comes may know: whose provider it is and what its button says."""

    id: UUID
    tenant_id: UUID | None
    tenant_name: str
    tenant_slug: str
    name: str
    is_enabled: bool
    is_required: bool


_COLUMNS = "provider_id, tenant_id, tenant_name, tenant_slug, name, is_enabled, is_required"


def door_of_provider(provider_id: UUID) -> ProviderDoor | None:
    found = _doors("find_provider(%s)", [provider_id])
    return found[0] if found else None


def doors_of_address(email: str) -> list[ProviderDoor]:
    """By the domain alone: whether anybody has this address plays no part."""
    domain = clean_domain(domain_of(email))
    return _doors("find_providers_of_domain(%s)", [domain]) if domain else []


def doors_of_slug(slug: str) -> list[ProviderDoor]:
    return _doors("find_providers_of_slug(%s)", [slug])


def doors_of_tenant(tenant_id: UUID) -> list[ProviderDoor]:
    return _doors("find_providers_of_tenant(%s)", [tenant_id])


def doors_of_staff() -> list[ProviderDoor]:
    return _doors("find_staff_providers()", list[str]())


def _doors(function: str, values: list[UUID] | list[str]) -> list[ProviderDoor]:
    """Read as the doors role."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM {function}", values)  # noqa: S608 – constants
        return [ProviderDoor(*row) for row in cursor.fetchall()]


def providers_of(actor: Actor) -> list[Provider]:
    actor.require(MANAGE_SSO)
    return list(Provider.objects.filter(tenant_id=actor.home).order_by("created_at", "id"))


def provider_of(actor: Actor, provider_id: UUID) -> Provider:
    actor.require(MANAGE_SSO)
    found = Provider.objects.filter(tenant_id=actor.home, id=provider_id).first()
    if found is None:
        raise NotFound
    return found


def staff_providers(actor: Actor) -> list[StaffProvider]:
    actor.require(MANAGE_STAFF_SSO)
    return list(StaffProvider.objects.order_by("created_at", "id"))


def staff_provider(actor: Actor, provider_id: UUID) -> StaffProvider:
    actor.require(MANAGE_STAFF_SSO)
    found = StaffProvider.objects.filter(id=provider_id).first()
    if found is None:
        raise NotFound
    return found


def tenants_with_providers(actor: Actor) -> list[Provider]:
    """All customers' providers, for the operator's overview."""
    actor.require(MANAGE_STAFF_SSO)
    return list(Provider.objects.select_related("tenant").order_by("tenant__name", "created_at"))


def link_counts(actor: Actor, provider_ids: Iterable[UUID]) -> dict[UUID, int]:
    actor.require(MANAGE_STAFF_SSO if actor.is_staff else MANAGE_SSO)
    counts: dict[UUID, int] = {}
    for model in (ProviderLink, StaffProviderLink) if actor.is_staff else (ProviderLink,):
        found = model.objects.filter(provider_id__in=list(provider_ids)).values("provider_id")
        counts |= {row["provider_id"]: row["count"] for row in found.annotate(count=Count("id"))}
    return counts


@dataclass(frozen=True, slots=True)
class LinkRow:
    person_id: UUID
    name: str
    email: str
    created_at: datetime
    used_at: datetime | None


def links_to(actor: Actor, provider_id: UUID, *, limit: int = 200) -> list[LinkRow]:
    """Who is linked to one of one's own side's providers, the latest used first."""
    found: list[tuple[ProviderLink | StaffProviderLink, Member | Staff]]
    latest = (F("used_at").desc(nulls_last=True), "-created_at")
    if actor.is_staff:
        actor.require(MANAGE_STAFF_SSO)
        staff = StaffProviderLink.objects.filter(provider_id=provider_id).select_related("staff")
        found = [(link, link.staff) for link in staff.order_by(*latest)[:limit]]
    else:
        actor.require(MANAGE_SSO)
        links = ProviderLink.objects.filter(tenant_id=actor.home, provider_id=provider_id)
        found = [(link, link.member) for link in links.select_related("member").order_by(*latest)[:limit]]
    return [
        LinkRow(person.id, person.name or person.email, person.email, link.created_at, link.used_at)
        for link, person in found
    ]


def claims_to_domains(actor: Actor) -> list[DomainClaim]:
    """Those that are not verified yet."""
    actor.require(MANAGE_SSO)
    return list(DomainClaim.objects.filter(tenant_id=actor.home).order_by("domain"))


def claim_to_domain(actor: Actor, claim_id: UUID) -> DomainClaim:
    actor.require(MANAGE_SSO)
    found = DomainClaim.objects.filter(tenant_id=actor.home, id=claim_id).first()
    if found is None:
        raise NotFound
    return found


def own_domains(actor: Actor) -> list[VerifiedDomain]:
    actor.require(MANAGE_SSO)
    return list(VerifiedDomain.objects.filter(tenant_id=actor.home).order_by("domain"))


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A provider of one's own side, and whether one is linked to it."""

    provider_id: UUID
    name: str
    is_linked: bool
    link: ProviderLink | StaffProviderLink | None


def own_links(actor: Actor) -> list[OwnLink]:
    if actor.member_id is not None:
        providers = Provider.objects.filter(tenant_id=actor.home, is_enabled=True)
        links = ProviderLink.objects.filter(tenant_id=actor.home, member_id=actor.member_id)
        return _own([(p.id, p.name) for p in providers.order_by("name", "id")], list(links))
    if actor.staff_id is not None:
        offered = StaffProvider.objects.filter(is_enabled=True).order_by("name", "id")
        made = StaffProviderLink.objects.filter(staff_id=actor.staff_id)
        return _own([(p.id, p.name) for p in offered], list(made))
    return []


def _own(named: list[tuple[UUID, str]], links: list[ProviderLink] | list[StaffProviderLink]) -> list[OwnLink]:
    by_provider = {link.provider_id: link for link in links}
    return [OwnLink(i, name, i in by_provider, by_provider.get(i)) for i, name in named]
