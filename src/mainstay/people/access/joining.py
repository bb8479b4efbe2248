"""Accepting an invitation as a door: the account by the doors role, the membership's state in the tenant's scope."""

from __future__ import annotations

from datetime import datetime

from mainstay.core.actor import Actor, ActorKind, Origin, Role
from mainstay.core.wall.scope import scope
from mainstay.people.access.accounts import seat_member, seats_of_user
from mainstay.people.access.actions.invitations import accept_invitation
from mainstay.people.access.models import Membership, User
from mainstay.people.access.queries import FoundInvitation, Seat


def can_still_join(found: FoundInvitation, user: User | None, *, at: datetime) -> bool:
    """Open; or accepted but not finished (the seat is made after the acceptance, and something may break in
    between), until it expires."""
    if found.revoked_at is not None or found.expires_at <= at:
        return False
    if found.accepted_at is None:
        return True
    taken = Membership.objects.filter(member_id=found.member_id).first()
    return taken is None or (user is not None and taken.user_id == user.id)


def join(found: FoundInvitation, user: User, *, name: str, origin: Origin, at: datetime) -> Seat | None:
    """Idempotent. The user has proven to be the owner of the invited address."""
    actor = Actor(
        ActorKind.MEMBER,
        tenant_id=found.tenant_id,
        person_id=found.member_id,
        roles=frozenset({Role(found.role)}),
        name=found.name or found.email,
        origin=origin,
    )
    with scope(actor):
        accept_invitation(actor, found.invitation_id, at=at, name=name)
    membership = seat_member(user, tenant_id=found.tenant_id, member_id=found.member_id, at=at)
    return next((seat for seat in seats_of_user(user) if seat.membership_id == membership.id), None)
