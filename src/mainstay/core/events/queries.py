"""Reading what happened: the audit log of whoever asks, the timeline of a thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from mainstay.core.actor import Actor
from mainstay.core.errors import Forbidden
from mainstay.core.events.models import Event, Handled
from mainstay.core.events.rules import SEE_AUDIT
from mainstay.core.events.types import Visibility
from mainstay.core.pages import Page, encode_cursor, read_cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Empty means any. `area` is the first part of events' names; `until` is left out itself."""

    area: str = ""
    name: str = ""
    actor_kind: str = ""
    actor_id: UUID | None = None
    subject_id: UUID | None = None
    tenant_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def visible_events(actor: Actor) -> QuerySet[Event]:
    """A customer's managers: what is about their customer and not the operator's own; staff: the reverse."""
    actor.require(SEE_AUDIT)
    return _for_side(actor)


def _for_side(actor: Actor) -> QuerySet[Event]:
    if actor.tenant_id is not None:
        return Event.objects.filter(tenant_id=actor.tenant_id).exclude(visibility=Visibility.OPERATOR)
    return Event.objects.exclude(visibility=Visibility.TENANT)


def page_of_events(
    actor: Actor, wanted: EventFilter, *, cursor: str | None = None, limit: int = 50
) -> Page[Event]:
    """The newest first."""
    return _newest(_filtered(visible_events(actor), wanted), cursor, limit)


def events_below(actor: Actor, wanted: EventFilter, below: int | None, limit: int) -> list[Event]:
    """For who goes through all of it, piece by piece, the newest first."""
    found = _filtered(visible_events(actor), wanted)
    if below is not None:
        found = found.filter(n__lt=below)
    return list(found.order_by("-n")[:limit])


def events_about(
    actor: Actor, tenant_id: UUID, subject_ids: Sequence[UUID], *, cursor: str | None = None, limit: int = 50
) -> Page[Event]:
    """The timeline of things that the actor was already found to see, the newest first."""
    found = _for_side(actor).filter(tenant_id=tenant_id, subject_id__in=list(subject_ids))
    return _newest(found, cursor, limit)


def failed_follow_ups(actor: Actor) -> QuerySet[Handled]:
    """Those that wait for another attempt, and those given up (`given_up_at`); `setting_aside.try_again` mends."""
    actor.require(SEE_AUDIT)
    if actor.tenant_id is not None:
        raise Forbidden
    return Handled.objects.exclude(error="").order_by("given_up_at", "next_at", "id")


def _newest(found: QuerySet[Event], cursor: str | None, limit: int) -> Page[Event]:
    if cursor:
        found = found.filter(n__lt=read_cursor(cursor, int)[0])
    rows = list(found.order_by("-n")[: limit + 1])
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], encode_cursor([rows[limit - 1].n]))


def _filtered(found: QuerySet[Event], wanted: EventFilter) -> QuerySet[Event]:
    if wanted.area:
        found = found.filter(name__startswith=f"{wanted.area}.")
    for column in ("name", "actor_kind", "actor_id", "subject_id", "tenant_id"):
        if value := getattr(wanted, column):
            found = found.filter(**{column: value})
    if wanted.since:
        found = found.filter(at__gte=wanted.since)
    if wanted.until:
        found = found.filter(at__lt=wanted.until)
    return found
