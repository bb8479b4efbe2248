"""Bases of walled models."""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings
from django.db import models

from mainstay.core.ids import new_id
from mainstay.core.wall.fields import ForeignKey


def one_of(field: str, values: type[StrEnum], name: str) -> models.CheckConstraint:
    """A status is text with a check: a new value is a small migration, not a type change."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": [str(v) for v in values]}), name=name)


class Row(models.Model):
    """A row with an id of its own and no tenant."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class TenantRow(models.Model):
    """A row that belongs to one customer for ever: a trigger refuses a change of `tenant_id`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = ForeignKey(settings.MAINSTAY_TENANT_MODEL)

    class Meta:
        abstract = True
