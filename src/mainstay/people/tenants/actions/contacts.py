"""People who come up in a conversation: known by an address, without a way to sign in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor, Role
from mainstay.core.errors import Conflict, Invalid
from mainstay.core.events.actions import record
from mainstay.people.tenants.actions.people import address_faults
from mainstay.people.tenants.events import MemberAdded
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.queries import visible_tenant
from mainstay.people.tenants.rules import MEET_PEOPLE, MemberState, clean_email


def meet_contact(actor: Actor, tenant_id: UUID, *, email: str, name: str = "", at: datetime) -> Member:
    """The customer's person of that address; somebody new becomes a mere contact."""
    actor.require(MEET_PEOPLE)
    email = clean_email(email)
    if faults := address_faults(email):
        raise Invalid(fields={"email": faults})
    tenant = visible_tenant(actor, tenant_id)
    member, is_new = Member.objects.get_or_create(
        tenant_id=tenant.id,
        email=email,
        defaults={
            "name": name.strip()[:200],
            "role": Role.CONTACT,
            "state": MemberState.ACTIVE,
            "created_at": at,
        },
    )
    if member.erased_at is not None:
        raise Conflict(fields={"email": [_("This person is being erased; try again in a minute.")]})
    if is_new:
        event = MemberAdded(member_id=member.id, role=member.role, state=member.state)
        record(actor, event, tenant_id=tenant.id, at=at)
    return member
