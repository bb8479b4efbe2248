"""Shipped defaults, installed so that nothing an operator changed is ever overwritten.

A row remembers the preset and version it came from, and a digest of what was installed. Where the row still
says what its digest says, a newer version replaces it; where it does not, somebody changed it and it stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection, models


class FromPreset(models.Model):
    key = models.SlugField(max_length=40, unique=True)
    preset = models.CharField(max_length=40, blank=True)
    """Empty: made by the operator."""
    preset_version = models.PositiveIntegerField(null=True)
    preset_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True


@dataclass(frozen=True, slots=True)
class Shipped:
    """`values`: field → value, the same fields for every row of the model."""

    key: str
    version: int
    values: Mapping[str, Any]


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept"  # the operator's own, or changed by the operator


@dataclass(frozen=True, slots=True)
class Installed:
    kind: str
    key: str
    outcome: Outcome
    row_id: UUID

    @property
    def is_change(self) -> bool:
        return self.outcome in (Outcome.CREATED, Outcome.UPDATED)


def install(model: type[FromPreset], shipped: Iterable[Shipped], *, preset: str) -> list[Installed]:
    """Inside the caller's transaction; two starting processes take turns."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('mainstay.presets'))")
    known = {row.key: row for row in model._default_manager.all()}
    return [_install_one(model, known.get(item.key), item, preset) for item in shipped]


def _install_one(model: type[FromPreset], row: Any, item: Shipped, preset: str) -> Installed:
    kind = model._meta.model_name or ""
    if row is None:
        row, outcome = model(key=item.key), Outcome.CREATED
    elif row.preset != preset or digest_of(row, item.values) != row.preset_digest:
        return Installed(kind, item.key, Outcome.KEPT, row.pk)
    elif (row.preset_version or 0) >= item.version:
        return Installed(kind, item.key, Outcome.UNCHANGED, row.pk)
    else:
        outcome = Outcome.UPDATED
    for field, value in item.values.items():
        setattr(row, field, value)
    row.preset, row.preset_version = preset, item.version
    row.save()
    # Of the row as the database gives it back: 10 and 10.00 must not look like a change.
    row.refresh_from_db()
    row.preset_digest = digest_of(row, item.values)
    row.save(update_fields=["preset_digest"])
    return Installed(kind, item.key, outcome, row.pk)


def digest_of(row: Any, fields: Iterable[str]) -> str:
    content = {field: getattr(row, field) for field in fields}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
