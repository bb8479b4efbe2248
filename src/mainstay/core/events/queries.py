"""Reading what happened: the audit log of whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from mainstay.core.actor import Actor
from mainstay.core.events.models import Event
from mainstay.core.events.rules import SEE_AUDIT
from mainstay.core.events.types import Visibility
from mainstay.core.pages import Page, encode_cursor, read_cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Empty means any. `area` is the first part of events' names; `until` is left out itself."""

    area: str = ""
    actor_kind: str = ""
    actor_id: UUID | None = None
    subject_id: UUID | None = None
    tenant_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def visible_events(actor: Actor) -> QuerySet[Event]:
    """A customer's managers: what is about their customer and not the operator's own; staff: the reverse."""
    actor.require(SEE_AUDIT)
    if actor.tenant_id is not None:
        return Event.objects.filter(tenant_id=actor.tenant_id).exclude(visibility=Visibility.OPERATOR)
    return Event.objects.exclude(visibility=Visibility.TENANT)


def page_of_events(
    actor: Actor, wanted: EventFilter, *, cursor: str | None = None, limit: int = 50
) -> Page[Event]:
    """The newest first."""
    found = _filtered(visible_events(actor), wanted)
    if cursor:
        found = found.filter(n__lt=read_cursor(cursor, int)[0])
    rows = list(found.order_by("-n")[: limit + 1])
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], encode_cursor([rows[limit - 1].n]))


def _filtered(found: QuerySet[Event], wanted: EventFilter) -> QuerySet[Event]:
    if wanted.area:
        found = found.filter(name__startswith=f"{wanted.area}.")
    for column in ("actor_kind", "actor_id", "subject_id", "tenant_id"):
        if value := getattr(wanted, column):
            found = found.filter(**{column: value})
    if wanted.since:
        found = found.filter(at__gte=wanted.since)
    if wanted.until:
        found = found.filter(at__lt=wanted.until)
    return found
