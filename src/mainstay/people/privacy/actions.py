"""Asking for somebody's personal data, or for its end. The worker does both; see `jobs`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor, ActorKind
from mainstay.core.errors import Conflict, Forbidden, Invalid, NotFound
from mainstay.core.events.actions import record
from mainstay.core.wall.scope import as_door
from mainstay.people.access.models import Membership
from mainstay.people.access.open_sessions import end_sessions_on
from mainstay.people.privacy.events import ErasureAsked, ExportAsked, ExportFetched
from mainstay.people.privacy.jobs import carry_out
from mainstay.people.privacy.models import PrivacyRequest
from mainstay.people.privacy.rules import (
    ERASE_PERSON,
    EXPORT_PERSON,
    RequestKind,
    RequestState,
    Wording,
)
from mainstay.people.tenants.actions import locked_member, strike_member
from mainstay.people.tenants.models import Member


def ask_export(actor: Actor, member_id: UUID, *, at: datetime) -> PrivacyRequest:
    """One at a time: asked again while one is under way, it is that one."""
    if member_id != actor.member_id:
        actor.require(EXPORT_PERSON)
    member = locked_member(actor, member_id)
    if running := _under_way(member, RequestKind.EXPORT):
        if not is_for(actor, running):
            raise Conflict(
                _("Somebody else's export of this person is under way; ask again in a few minutes.")
            )
        return running
    request = _request(actor, member, RequestKind.EXPORT, at=at)
    event = ExportAsked(member_id=member.id, request_id=request.id)
    record(actor, event, tenant_id=member.tenant_id, at=at)
    return request


def ask_erasure(
    actor: Actor, member_id: UUID, *, wording: str, confirmation: str, at: datetime
) -> PrivacyRequest:
    """Cannot be undone; `confirmation` is the person's address, typed. The way in is closed at once."""
    actor.require(ERASE_PERSON)
    if wording not in set(Wording):
        raise Invalid(fields={"wording": [_("Choose what becomes of the wording.")]})
    member = locked_member(actor, member_id, even_erased=True)
    if running := _under_way(member, RequestKind.ERASURE):
        return running
    if member.erased_at is not None:
        raise Conflict(_("This person is erased."))
    if confirmation.strip().lower() != member.email:
        raise Invalid(fields={"confirmation": [_("Type the person's address to confirm.")]})
    strike_member(actor, member, at=at)
    with as_door():
        for seat in Membership.objects.filter(tenant_id=member.tenant_id, member_id=member.id):
            end_sessions_on(seat)
    request = _request(actor, member, RequestKind.ERASURE, at=at, wording=wording)
    event = ErasureAsked(member_id=member.id, request_id=request.id, wording=wording)
    record(actor, event, tenant_id=member.tenant_id, at=at)
    return request


def fetch_export(actor: Actor, request: PrivacyRequest, *, at: datetime) -> None:
    """Notes that it is handed out; who may see the request was asked before."""
    if request.kind != RequestKind.EXPORT or not request.storage_key or not is_for(actor, request):
        raise NotFound
    if request.expires_at is None or request.expires_at <= at:
        raise NotFound(_("This export is no longer kept; ask for a new one."))
    event = ExportFetched(member_id=request.member_id, request_id=request.id)
    record(actor, event, tenant_id=request.tenant_id, at=at)


def is_for(actor: Actor, request: PrivacyRequest) -> bool:
    """Each side fetches what it asked for: an export holds what the other one does not read."""
    asked_by_operator = request.asked_by_kind in (ActorKind.STAFF, ActorKind.OPERATOR_KEY)
    return asked_by_operator != actor.is_tenant_side


def _under_way(member: Member, kind: RequestKind) -> PrivacyRequest | None:
    """One that failed is tried at once instead of later."""
    request = (
        PrivacyRequest.objects.filter(tenant_id=member.tenant_id, member=member, kind=kind)
        .exclude(state=RequestState.DONE)
        .first()
    )
    if request is not None and request.state == RequestState.FAILED:
        request.state = RequestState.QUEUED
        request.save(update_fields=["state"])
        carry_out.defer(request.id)
    return request


def _request(
    actor: Actor, member: Member, kind: RequestKind, *, at: datetime, wording: str = Wording.KEPT
) -> PrivacyRequest:
    if actor.is_system:
        raise Forbidden
    request = PrivacyRequest.objects.create(
        tenant_id=member.tenant_id,
        member=member,
        kind=kind,
        wording=wording,
        email=member.email,
        name=member.name,
        asked_by_kind=actor.kind,
        asked_by=actor.person_id,
        created_at=at,
    )
    carry_out.defer(request.id)
    return request
