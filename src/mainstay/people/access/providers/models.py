"""Providers of single sign-on, who is linked to them, and claims to mail domains.

Customers' and the operator's are different tables: what links a member of the staff has no column in which a
customer's provider could stand.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from mainstay.core.secrets import SealedField
from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.functions import LookupFunction, lookup_function
from mainstay.core.wall.kinds import operator_wall, tenant_wall
from mainstay.core.wall.models import Row, TenantRow
from mainstay.people.access.providers.rules import LONGEST_ISSUER, LONGEST_SUBJECT
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member


class ProviderFields(models.Model):
    name = models.CharField(max_length=120)
    """As people read it on the button."""
    issuer = models.CharField(max_length=LONGEST_ISSUER)
    """Never changes: links are subjects of this issuer."""
    client_id = models.CharField(max_length=300)
    client_secret = SealedField(blank=True)
    domains = ArrayField(models.CharField(max_length=253), default=list)
    is_enabled = models.BooleanField(default=False)
    is_required = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    """When somebody last came back from it."""
    tried_fault = models.CharField(max_length=30, blank=True)
    """What that came to; empty: it went well."""
    tried_detail = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True


class LinkFields(models.Model):
    subject = models.CharField(max_length=LONGEST_SUBJECT)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Provider(TenantRow, ProviderFields):
    """A customer's. `domains` empty: all of its verified ones."""

    creates_members = models.BooleanField(default=False)
    """Who is unknown, with an address of a verified domain, becomes a member with the role `field`."""

    wall = tenant_wall(tenant="select, insert, update, delete")

    class Meta:
        db_table = "sso_provider"


class ProviderLink(TenantRow, LinkFields):
    provider = ForeignKey(Provider)
    member = ForeignKey(Member)

    wall = tenant_wall(tenant="select, insert, update, delete")

    class Meta:
        db_table = "sso_link"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "provider", "subject"], name="uq_sso_link_subject"),
            models.UniqueConstraint(fields=["tenant", "provider", "member"], name="uq_sso_link_member"),
        ]


class StaffProvider(Row, ProviderFields):
    """The operator's, for the staff. `domains`: the operator's own, by its administrators' word."""

    wall = operator_wall()

    class Meta:
        db_table = "staff_sso_provider"


class StaffProviderLink(Row, LinkFields):
    provider = ForeignKey(StaffProvider)
    staff = ForeignKey(Staff)

    wall = operator_wall()

    class Meta:
        db_table = "staff_sso_link"
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="uq_staff_sso_link_subject"),
            models.UniqueConstraint(fields=["provider", "staff"], name="uq_staff_sso_link_staff"),
        ]


class DomainClaim(TenantRow):
    """A domain that a customer says is its own, until the domain's name servers say so too."""

    domain = models.CharField(max_length=253)
    token = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    """When somebody last asked for a check; it is under way until `checked_at` is later."""
    checked_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=20, blank=True)

    wall = tenant_wall(tenant="select, insert, update, delete")

    class Meta:
        db_table = "domain_claim"
        constraints = [models.UniqueConstraint(fields=["tenant", "domain"], name="uq_domain_claim")]


_DOOR = (
    "TABLE (provider_id uuid, tenant_id uuid, tenant_name varchar, tenant_slug varchar, name varchar, "
    "is_enabled boolean, is_required boolean)"
)
_OF_TENANTS = (
    "SELECT p.id, p.tenant_id, t.name, t.slug, p.name, p.is_enabled, p.is_required "
    "FROM sso_provider p JOIN tenant t ON t.id = p.tenant_id"
)
_OF_STAFF = (
    "SELECT p.id, NULL::uuid, ''::varchar, ''::varchar, p.name, p.is_enabled, p.is_required "
    "FROM staff_sso_provider p"
)
find_provider = lookup_function(
    LookupFunction(
        "find_provider(wanted uuid)",
        _DOOR,
        f"{_OF_TENANTS} WHERE p.id = wanted UNION ALL {_OF_STAFF} WHERE p.id = wanted",
    )
)
find_providers_of_domain = lookup_function(
    LookupFunction(
        "find_providers_of_domain(wanted text)",
        _DOOR,
        f"{_OF_TENANTS} JOIN verified_domain d ON d.tenant_id = p.tenant_id AND d.domain = wanted "
        "WHERE p.is_enabled AND (cardinality(p.domains) = 0 OR wanted = ANY (p.domains)) "
        f"UNION ALL {_OF_STAFF} WHERE p.is_enabled AND wanted = ANY (p.domains) ORDER BY 5, 1",
    )
)
find_providers_of_slug = lookup_function(
    LookupFunction(
        "find_providers_of_slug(wanted text)",
        _DOOR,
        f"{_OF_TENANTS} WHERE p.is_enabled AND t.slug = wanted ORDER BY 5, 1",
    )
)
find_providers_of_tenant = lookup_function(
    LookupFunction(
        "find_providers_of_tenant(wanted uuid)",
        _DOOR,
        f"{_OF_TENANTS} WHERE p.is_enabled AND p.tenant_id = wanted ORDER BY 5, 1",
    )
)
find_staff_providers = lookup_function(
    LookupFunction("find_staff_providers()", _DOOR, f"{_OF_STAFF} WHERE p.is_enabled ORDER BY 5, 1")
)
