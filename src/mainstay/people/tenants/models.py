"""Customers: tenants, their plans, and the people who belong to them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat, Lower

from mainstay.core.ids import new_id
from mainstay.core.presets import FromPreset
from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.functions import LookupFunction, lookup_function
from mainstay.core.wall.kinds import shared_wall, tenant_wall
from mainstay.core.wall.models import Row, TenantRow, one_of
from mainstay.people.tenants.rules import MemberRole, MemberState, Segment, SubscriptionStatus


class Plan(FromPreset, Row):
    rank = models.SmallIntegerField()
    names = models.JSONField(default=dict)
    """Language → name."""
    channels = ArrayField(models.CharField(max_length=20), default=list)
    calendar_key = models.CharField(max_length=40)
    """The plan's human hours."""
    csm = models.CharField(max_length=20, default="none")
    review_months = models.SmallIntegerField(null=True)
    price_month = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    price_seat = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, default="USD")
    limits = models.JSONField(default=dict)
    features = ArrayField(models.CharField(max_length=60), default=list)
    trial_days = models.SmallIntegerField(default=14)
    is_offered = models.BooleanField(default=True)

    wall = shared_wall()

    class Meta:
        db_table = "plan"

    def name_in(self, language: str) -> str:
        return str(self.names.get(language) or self.names.get("en") or self.key)


class Tenant(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    plan = ForeignKey(Plan)
    industry = models.CharField(max_length=80, blank=True)
    size = models.PositiveIntegerField(null=True)
    region = models.CharField(max_length=40, blank=True)
    zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=10, default="en")
    mrr = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="USD")
    seats = models.PositiveIntegerField(default=0)
    limits = models.JSONField(default=dict)
    """Metric → limit, where it differs from the plan's."""
    contract_start_on = models.DateField(null=True)
    contract_end_on = models.DateField(null=True)
    renewal_on = models.DateField(null=True)
    renews_itself = models.BooleanField(default=True)
    term_months = models.PositiveSmallIntegerField(default=12)
    subscription_status = models.CharField(max_length=20, default=SubscriptionStatus.ACTIVE.value)
    segment = models.CharField(max_length=20, default=Segment.SMB.value)
    csm_id = models.UUIDField(null=True)
    """Staff member; staff is the room above, hence no key. Read through `staff.queries`."""
    tags = ArrayField(models.CharField(max_length=60), default=list)
    attributes = models.JSONField(default=dict)
    branding = models.JSONField(default=dict)
    """support_name, support_email, support_phone, colour: see `branding.py`; the picture is `TenantLogo`."""
    calendar_key = models.CharField(max_length=40, blank=True)
    """Own calendar instead of the plan's."""
    requires_second_factor = models.BooleanField(default=False)
    """Its people sign in with one, or reach nothing but the page that sets it up."""
    created_at = models.DateTimeField()

    # Plan, revenue and segment are the operator's to write; these columns also let its people lock the row.
    wall = tenant_wall(column="id", tenant="select, update (branding, requires_second_factor)")

    class Meta:
        db_table = "tenant"
        constraints = [
            one_of("subscription_status", SubscriptionStatus, "ck_tenant_subscription"),
            one_of("segment", Segment, "ck_tenant_segment"),
        ]
        indexes = [models.Index(fields=["name", "id"], name="ix_tenant_name")]

    def __str__(self) -> str:
        return self.name


class TenantLogo(TenantRow):
    """The picture that a customer's portal users see; its bytes lie in storage."""

    content_type = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    wall = tenant_wall(tenant="select, insert, delete", staff="select")

    class Meta:
        db_table = "tenant_logo"
        constraints = [
            # Files are outside of the database and its wall: a row cannot name one of another customer's.
            models.CheckConstraint(
                condition=Q(
                    storage_key__startswith=Concat(Cast("tenant_id", models.TextField()), Value("/"))
                ),
                name="ck_tenant_logo_own_file",
            ),
        ]
        indexes = [
            models.Index(fields=["storage_key"], name="ix_tenant_logo_stored"),
            models.Index(fields=["tenant", "created_at"], name="ix_tenant_logo_latest"),
        ]


class VerifiedDomain(TenantRow):
    """A mail domain proven to be this customer's: unknown senders from it become its contacts."""

    domain = models.CharField(max_length=253)
    verified_at = models.DateTimeField()

    wall = tenant_wall(tenant="select")

    class Meta:
        db_table = "verified_domain"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "domain"], name="uq_verified_domain"),
        ]
        indexes = [models.Index(fields=["domain"], name="ix_verified_domain")]


is_domain_taken = lookup_function(
    LookupFunction(
        "is_domain_taken(wanted text, mine uuid)",
        "TABLE (taken boolean)",
        "SELECT EXISTS (SELECT FROM verified_domain d WHERE d.domain = wanted AND d.tenant_id <> mine)",
        granted_to=("staff", "job", "sweep", "tenant"),
    )
)


class Member(TenantRow):
    """Anybody known at a customer. `contact` is a person known by e-mail only, until invited.

    Addresses are kept in lower case. The same address may be a member of several customers.
    """

    email = models.CharField(max_length=320)
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=20)
    state = models.CharField(max_length=20, default=MemberState.ACTIVE.value)
    language = models.CharField(max_length=10, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=120, blank=True)
    joined_at = models.DateTimeField(null=True)
    """When the person first accepted an invitation; null = never signed in."""
    erased_at = models.DateTimeField(null=True)
    """The person is to be forgotten: suspended for good, and soon without address and name."""
    created_at = models.DateTimeField()

    wall = tenant_wall()

    class Meta:
        db_table = "member"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "email"], name="uq_member_email"),
            one_of("role", MemberRole, "ck_member_role"),
            one_of("state", MemberState, "ck_member_state"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="ck_member_email_lower"),
        ]
        indexes = [models.Index(fields=["email"], name="ix_member_email")]

    def __str__(self) -> str:
        return self.name or self.email


class TenantContact(TenantRow):
    """Who a notice to the customer goes to, by purpose; where none is named, the owner."""

    purpose = models.CharField(max_length=20)
    member = ForeignKey(Member)

    wall = tenant_wall(tenant="select, insert, update, delete")

    class Meta:
        db_table = "tenant_contact"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "purpose", "member"], name="uq_tenant_contact")
        ]
