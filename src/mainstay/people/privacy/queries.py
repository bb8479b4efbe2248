"""Which requests somebody may see."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.core.pages import Beyond, Page, encode_cursor, read_cursor
from mainstay.core.wall.scope import sweep
from mainstay.people.privacy.models import PrivacyRequest
from mainstay.people.privacy.rules import ERASE_PERSON, EXPORT_PERSON, RequestKind


def visible_requests(actor: Actor) -> QuerySet[PrivacyRequest]:
    """Who may ask for others sees all of theirs; everybody the exports of themself."""
    found = PrivacyRequest.objects.select_related("member", "tenant")
    if actor.tenant_id:
        found = found.filter(tenant_id=actor.tenant_id)
    if actor.may(EXPORT_PERSON) or actor.may(ERASE_PERSON):
        return found
    return (
        found.filter(member_id=actor.member_id, kind=RequestKind.EXPORT) if actor.member_id else found.none()
    )


def visible_request(actor: Actor, request_id: UUID) -> PrivacyRequest:
    found = visible_requests(actor).filter(id=request_id).first()
    if found is None:
        raise NotFound
    return found


def own_exports(actor: Actor) -> list[PrivacyRequest]:
    """The latest first."""
    if actor.member_id is None:
        return []
    found = visible_requests(actor).filter(member_id=actor.member_id, kind=RequestKind.EXPORT)
    return list(found.order_by("-created_at", "-id")[:20])


def requests_about(actor: Actor, member_id: UUID) -> list[PrivacyRequest]:
    """The latest first."""
    return list(visible_requests(actor).filter(member_id=member_id).order_by("-created_at", "-id")[:20])


def page_of_requests(actor: Actor, *, cursor: str | None = None, limit: int = 50) -> Page[PrivacyRequest]:
    """The latest first."""
    found = visible_requests(actor)
    if cursor:
        keys = read_cursor(cursor, datetime, UUID)
        found = found.filter(Beyond(["created_at", "id"], keys, descending=True))
    rows = list(found.order_by("-created_at", "-id")[: limit + 1])
    if len(rows) <= limit:
        return Page(rows)
    last = rows[limit - 1]
    return Page(rows[:limit], encode_cursor([last.created_at, last.id]))


def known_exports(keys: list[str]) -> set[str]:
    """For the sweep of stored files."""
    with sweep("retention"):
        return set(PrivacyRequest.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
