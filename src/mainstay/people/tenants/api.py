"""JSON: who asks, the customer's people, the plans."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query

from mainstay.core.actor import PORTAL_ROLES, Actor
from mainstay.core.api.router import Router
from mainstay.core.api.schemas import Cursor, Email, LimitQuery, PageOut, Slug
from mainstay.core.errors import Forbidden, Invalid, NotFound
from mainstay.core.pages import encode_cursor, read_cursor
from mainstay.people.tenants.models import Member, Plan, Tenant
from mainstay.people.tenants.queries import plans, visible_members, visible_tenant, visible_tenants
from mainstay.people.tenants.rules import MemberRole, clean_email
from mainstay.people.tenants.schemas import (
    MeOut,
    PersonOut,
    PersonRef,
    PlanOut,
    PlansOut,
    TenantOut,
)

router = Router(tags=["People"])


@router.get("/me")
def who_asks(actor: Actor) -> MeOut:
    """The caller: a person who is signed in, or a key and its scopes."""
    tenant = visible_tenant(actor, actor.tenant_id) if actor.tenant_id else None
    assert actor.person_id is not None
    return MeOut(
        kind=actor.kind.value,
        id=actor.person_id,
        name=actor.name,
        roles=sorted(actor.roles),
        scopes=sorted(actor.key_scopes),
        language=actor.language,
        zone=actor.zone,
        tenant=_tenant_out(actor, tenant) if tenant else None,
    )


@router.get("/people")
def list_people(
    actor: Actor,
    tenant: Annotated[Slug | None, Query(description="Id or slug of a customer.")] = None,
    email: Annotated[Email | None, Query()] = None,
    role: Annotated[MemberRole | None, Query()] = None,
    limit: LimitQuery = 50,
    cursor: Annotated[Cursor | None, Query()] = None,
) -> PageOut[PersonOut]:
    """The people whom the caller may see, in the order in which they were added."""
    found = visible_members(actor)
    if tenant is not None:
        found = found.filter(tenant_id=tenant_id_of(actor, tenant))
    if email is not None:
        found = found.filter(email=clean_email(email))
    if role is not None:
        found = found.filter(role=role)
    if cursor is not None:
        found = found.filter(id__gt=read_cursor(cursor, UUID)[0])
    rows = list(found.order_by("id")[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    return PageOut[PersonOut](
        items=[_person_out(row) for row in rows],
        next_cursor=encode_cursor([rows[-1].id]) if more else None,
    )


@router.get("/people/{person_id}")
def read_person(actor: Actor, person_id: UUID) -> PersonOut:
    """One of the people whom the caller may see."""
    member = visible_members(actor).filter(id=person_id).first()
    if member is None:
        raise NotFound
    return _person_out(member)


@router.get("/plans")
def list_plans(actor: Actor) -> PlansOut:
    """The plans on offer, by rank. Not for the people of a customer's own portal."""
    if _is_portal_user(actor):
        raise Forbidden
    return PlansOut(items=[_plan_out(plan) for plan in plans()])


def tenant_id_of(actor: Actor, wanted: str, *, field: str = "tenant") -> UUID:
    """The customer by id or slug, among those whom the caller may see."""
    try:
        by = {"id": UUID(wanted)}
    except ValueError:
        by = {"slug": wanted}  # type: ignore[dict-item]
    found = visible_tenants(actor).filter(**by).values_list("id", flat=True).first()
    if found is None:
        raise Invalid(fields={field: [_("There is no such customer.")]})
    return found


def member_id_of(actor: Actor, tenant_id: UUID, wanted: PersonRef, *, field: str) -> UUID:
    """A person of that customer's, by id or address."""
    by = {"id": wanted.id} if wanted.id else {"email": clean_email(wanted.email or "")}
    found = visible_members(actor).filter(tenant_id=tenant_id, **by).values_list("id", flat=True).first()
    if found is None:
        raise Invalid(fields={field: [_("There is no such person at this customer.")]})
    return found


def _is_portal_user(actor: Actor) -> bool:
    return not actor.roles.isdisjoint(PORTAL_ROLES)


def _tenant_out(actor: Actor, tenant: Tenant) -> TenantOut:
    return TenantOut(
        id=tenant.id,
        name=tenant.name,
        slug=tenant.slug,
        # What the customer has bought is no affair of its own portal's people.
        plan=None if _is_portal_user(actor) else tenant.plan.key,
        zone=tenant.zone,
        language=tenant.language,
    )


def _person_out(member: Member) -> PersonOut:
    return PersonOut.model_validate(member, from_attributes=True)


def _plan_out(plan: Plan) -> PlanOut:
    return PlanOut(
        key=plan.key,
        rank=plan.rank,
        names=plan.names,
        channels=plan.channels,
        features=plan.features,
        price_month=None if plan.price_month is None else str(plan.price_month),
        price_seat=None if plan.price_seat is None else str(plan.price_seat),
        currency=plan.currency,
    )
