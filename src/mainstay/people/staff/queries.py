from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from mainstay.core.actor import Actor, Role
from mainstay.people.staff.models import Staff

_PUBLIC = frozenset({"id", "public_name"})


def private_columns(prefix: str) -> list[str]:
    """For `.defer(…)` beside a select_related to staff: what a tenant's role may not read."""
    return [f"{prefix}__{f.attname}" for f in Staff._meta.local_fields if f.attname not in _PUBLIC]


def visible_staff(actor: Actor) -> QuerySet[Staff]:
    if actor.is_staff or actor.is_system:
        return Staff.objects.all()
    return Staff.objects.only(*_PUBLIC)


def active_staff(actor: Actor, *, roles: frozenset[Role] = frozenset()) -> QuerySet[Staff]:
    found = visible_staff(actor).filter(is_active=True)
    return found.filter(roles__overlap=sorted(roles)) if roles else found


def team(actor: Actor) -> list[Staff]:
    """Everybody, those who work here first."""
    return list(visible_staff(actor).order_by("-is_active", "name", "id"))


def staff_names(actor: Actor, staff_ids: Iterable[UUID]) -> dict[UUID, str]:
    """As this reader may know them: customers see public names."""
    wanted = set(staff_ids)
    if not wanted:
        return {}
    column = "name" if actor.is_staff or actor.is_system else "public_name"
    return dict(Staff.objects.filter(id__in=wanted).values_list("id", column))
