"""Inviting people and accepting: the one way in. The mail is written by what reacts to `member.invited`."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor, Role
from mainstay.core.errors import Conflict, NotFound, TooMany
from mainstay.core.events.actions import record
from mainstay.core.ids import new_id
from mainstay.people.access.accounts import invitation_token
from mainstay.people.access.events import InvitationRevoked, MemberInvited
from mainstay.people.access.models import Invitation
from mainstay.people.access.queries import hash_token
from mainstay.people.access.rules import INVITATION_LIFE, INVITATIONS_AN_HOUR
from mainstay.people.tenants.actions import (
    add_member,
    join_member,
    locked_member,
    mark_invited,
    suspend_member,
)
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.rules import MANAGE_PEOPLE, MemberState


def invite_member(
    actor: Actor, tenant_id: UUID, *, email: str, role: str, at: datetime, name: str = "", language: str = ""
) -> Invitation:
    """Adds the person where needed. Asked again for the same person, it sends a new invitation in place of
    the old one."""
    member, _made = add_member(actor, tenant_id, email=email, role=role, name=name, language=language, at=at)
    return _invite(actor, member, at=at)


def resend_invitation(actor: Actor, member_id: UUID, *, at: datetime) -> Invitation:
    actor.require(MANAGE_PEOPLE)
    member = locked_member(actor, member_id)
    if member.state != MemberState.INVITED or member.role == Role.CONTACT:
        raise Conflict(_("This person is not waiting for an invitation."))
    return _invite(actor, member, at=at)


def _invite(actor: Actor, member: Member, *, at: datetime) -> Invitation:
    if actor.is_tenant_side:
        latest = Invitation.objects.filter(tenant_id=member.tenant_id, created_at__gt=at - timedelta(hours=1))
        if latest.count() >= INVITATIONS_AN_HOUR:
            raise TooMany(
                _("Many invitations were sent within the hour; go on a little later."), retry_after=600
            )
    _open_invitations(member).update(revoked_at=at)
    mark_invited(member)
    invitation_id = new_id()
    invitation = Invitation.objects.create(
        id=invitation_id,
        tenant_id=member.tenant_id,
        member=member,
        token_hash=hash_token(invitation_token(invitation_id)),
        invited_by_kind=actor.kind,
        invited_by=actor.person_id,
        created_at=at,
        expires_at=at + INVITATION_LIFE,
    )
    event = MemberInvited(member_id=member.id, invitation_id=invitation.id)
    record(actor, event, tenant_id=member.tenant_id, at=at)
    return invitation


def revoke_invitation(actor: Actor, member_id: UUID, *, at: datetime) -> None:
    """The link stops working, and the address is not taken for one of the customer's people any more: it may
    have been mistyped. Inviting again undoes both."""
    actor.require(MANAGE_PEOPLE)
    member = locked_member(actor, member_id)
    if member.state != MemberState.INVITED:
        raise Conflict(_("This person is not waiting for an invitation."))
    for invitation_id in list(_open_invitations(member).values_list("id", flat=True)):
        Invitation.objects.filter(id=invitation_id).update(revoked_at=at)
        event = InvitationRevoked(member_id=member.id, invitation_id=invitation_id)
        record(actor, event, tenant_id=member.tenant_id, at=at)
    suspend_member(actor, member.id, at=at)


def close_invitations(member: Member, *, at: datetime) -> None:
    """For somebody who came in by another proof meanwhile: a link in an old mail opens nothing any more."""
    _open_invitations(member).update(revoked_at=at)


def _open_invitations(member: Member) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        tenant_id=member.tenant_id, member=member, accepted_at__isnull=True, revoked_at__isnull=True
    )


def accept_invitation(
    actor: Actor, invitation_id: UUID, *, at: datetime, name: str = "", again: bool = True
) -> Member:
    """By the invited person, who has proven the mailbox by holding the link. Idempotent, unless `again` is refused:
    once it is accepted, the link alone proves nobody any more, it lies about in old mails."""
    found = Invitation.objects.filter(tenant_id=actor.home, id=invitation_id).first()
    if found is None or found.member_id != actor.member_id:
        raise NotFound
    member = locked_member(actor, found.member_id)
    invitation = Invitation.objects.select_for_update(no_key=True).get(id=found.id, tenant_id=actor.home)
    if invitation.accepted_at is not None and again:
        return member
    if invitation.accepted_at is not None:
        raise Conflict(_("This invitation was accepted already."))
    if invitation.revoked_at is not None or invitation.expires_at <= at:
        raise Conflict(_("This invitation is no longer valid; ask for a new one."))
    if member.state == MemberState.SUSPENDED:
        raise Conflict(_("This person was suspended meanwhile."))
    invitation.accepted_at = at
    invitation.save(update_fields=["accepted_at"])
    join_member(actor, member, name=name, at=at)
    return member
