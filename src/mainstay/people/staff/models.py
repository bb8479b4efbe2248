"""The operator's own people."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from mainstay.core.wall.fields import ForeignKey
from mainstay.core.wall.kinds import shared_wall, staff_only_wall
from mainstay.core.wall.models import Row, TenantRow


class Staff(Row):
    """Customers see `id` and `public_name`, nothing else (a column grant)."""

    email = models.CharField(max_length=320, unique=True)
    name = models.CharField(max_length=200)
    public_name = models.CharField(max_length=200)
    roles = ArrayField(models.CharField(max_length=20), default=list)
    is_tech_lead = models.BooleanField(default=False)
    tier = models.SmallIntegerField(default=1)
    language = models.CharField(max_length=10, default="en")
    languages = ArrayField(models.CharField(max_length=10), default=list)
    zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    wall = shared_wall(tenant_columns=("id", "public_name"))

    class Meta:
        db_table = "staff"

    def __str__(self) -> str:
        return self.name


class Look(TenantRow):
    """When a staff member was last noted as having looked at a customer's data."""

    staff = ForeignKey(Staff)
    at = models.DateTimeField()

    wall = staff_only_wall()

    class Meta:
        db_table = "staff_look"
        constraints = [models.UniqueConstraint(fields=["tenant", "staff"], name="uq_staff_look")]
