from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, event


@event("member.invited", subject="member", sentence=_("{actor} sent an invitation"))
@dataclass(frozen=True)
class MemberInvited(Happening):
    member_id: UUID
    invitation_id: UUID


@event("invitation.revoked", subject="member", sentence=_("{actor} took an invitation back"))
@dataclass(frozen=True)
class InvitationRevoked(Happening):
    member_id: UUID
    invitation_id: UUID


@event("key.created", subject="key", sentence=_("{actor} created an API key"))
@dataclass(frozen=True)
class KeyCreated(Happening):
    key_id: UUID
    scopes: tuple[str, ...]


@event("key.revoked", subject="key", sentence=_("{actor} revoked an API key"))
@dataclass(frozen=True)
class KeyRevoked(Happening):
    key_id: UUID
