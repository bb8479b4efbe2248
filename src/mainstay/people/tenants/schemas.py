"""Customers and their people as JSON."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from mainstay.core.api.schemas import Email, Incoming, Outgoing
from mainstay.people.tenants.rules import MemberRole, MemberState


class PersonRef(Incoming):
    """A person of the customer's: by id or by e-mail address, exactly one of them."""

    id: UUID | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> PersonRef:
        if (self.id is None) == (self.email is None):
            raise ValueError(_("Name the person by `id` or by `email`, one of them."))
        return self


class TenantRef(Outgoing):
    id: UUID
    name: str
    slug: str


class TenantOut(TenantRef):
    plan: str | None = Field(description="Null for the people of the customer's own portal.")
    zone: str
    language: str


class PersonOut(Outgoing):
    id: UUID
    tenant_id: UUID
    name: str
    email: str
    role: MemberRole
    state: MemberState
    language: str
    zone: str
    title: str
    joined_at: datetime | None
    created_at: datetime


class PlanOut(Outgoing):
    key: str
    rank: int
    names: dict[str, str] = Field(description="Language → name.")
    channels: list[str]
    features: list[str]
    price_month: str | None
    price_seat: str | None
    currency: str


class PlansOut(Outgoing):
    items: list[PlanOut]


class MeOut(Outgoing):
    kind: str = Field(description="member, staff, tenant_key or operator_key")
    id: UUID
    name: str
    roles: list[str]
    scopes: list[str]
    language: str
    zone: str
    tenant: TenantOut | None = Field(description="Null for the operator's side.")
