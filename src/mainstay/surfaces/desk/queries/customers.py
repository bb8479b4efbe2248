"""Finding a customer by what somebody remembers of it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from mainstay.core.actor import Actor
from mainstay.people.tenants.models import Tenant, VerifiedDomain
from mainstay.people.tenants.queries import visible_members, visible_tenants
from mainstay.people.tenants.rules import clean_email, domain_of

FOUND_LIMIT = 12


def customers_like(actor: Actor, words: str) -> list[Tenant]:
    """By a part of the name, or by the address or mail domain of one of its people."""
    words = words.strip()
    if not words:
        return []
    wanted = Q(name__icontains=words) | Q(slug__icontains=words)
    if "@" in words:
        email = clean_email(words)
        people = visible_members(actor).filter(tenant_id=OuterRef("id"), email=email)
        domains = VerifiedDomain.objects.filter(tenant_id=OuterRef("id"), domain=domain_of(email))
        wanted = Q(Exists(people)) | Q(Exists(domains))
    return list(visible_tenants(actor).filter(wanted).order_by("name", "id")[:FOUND_LIMIT])
