from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, Visibility, event
from mainstay.people.access.providers.labels import FAULT_WORDS, LINKED_BY


@event("provider.added", subject="provider", sentence=_("{actor} set up single sign-on"))
@dataclass(frozen=True)
class ProviderAdded(Happening):
    provider_id: UUID


@event("provider.changed", subject="provider", sentence=_("{actor} changed single sign-on"))
@dataclass(frozen=True)
class ProviderChanged(Happening):
    provider_id: UUID
    changed: tuple[str, ...]


@event("provider.enabled", subject="provider", sentence=_("{actor} switched single sign-on on"))
@dataclass(frozen=True)
class ProviderEnabled(Happening):
    provider_id: UUID


@event("provider.disabled", subject="provider", sentence=_("{actor} switched single sign-on off"))
@dataclass(frozen=True)
class ProviderDisabled(Happening):
    provider_id: UUID


@event("provider.required", subject="provider", sentence=_("{actor} made single sign-on required"))
@dataclass(frozen=True)
class ProviderRequired(Happening):
    provider_id: UUID


@event("provider.waived", subject="provider", sentence=_("{actor} made single sign-on optional"))
@dataclass(frozen=True)
class ProviderWaived(Happening):
    provider_id: UUID


@event("provider.removed", subject="provider", sentence=_("{actor} removed single sign-on"))
@dataclass(frozen=True)
class ProviderRemoved(Happening):
    provider_id: UUID
    links: int


@event(
    "provider.refused",
    subject="provider",
    sentence=_("A sign-in through the provider came to nothing: {fault}"),
    words={"fault": FAULT_WORDS},
)
@dataclass(frozen=True)
class ProviderRefused(Happening):
    provider_id: UUID
    fault: str


@event(
    "member.provider_linked",
    subject="member",
    sentence=_("{actor} was linked to single sign-on ({by})"),
    words={"by": LINKED_BY},
)
@dataclass(frozen=True)
class MemberLinked(Happening):
    member_id: UUID
    provider_id: UUID
    by: str


@event("member.provider_unlinked", subject="member", sentence=_("{actor} removed a link to single sign-on"))
@dataclass(frozen=True)
class MemberUnlinked(Happening):
    member_id: UUID
    provider_id: UUID


@event(
    "staff.provider_linked",
    subject="staff",
    sentence=_("{actor} was linked to single sign-on ({by})"),
    visibility=Visibility.OPERATOR,
    words={"by": LINKED_BY},
)
@dataclass(frozen=True)
class StaffLinked(Happening):
    staff_id: UUID
    provider_id: UUID
    by: str


@event(
    "staff.provider_unlinked",
    subject="staff",
    sentence=_("{actor} removed a link to single sign-on"),
    visibility=Visibility.OPERATOR,
)
@dataclass(frozen=True)
class StaffUnlinked(Happening):
    staff_id: UUID
    provider_id: UUID


@event("domain.claimed", subject="claim", sentence=_("{actor} began to verify a mail domain"))
@dataclass(frozen=True)
class DomainClaimed(Happening):
    claim_id: UUID


@event("domain.claim_dropped", subject="claim", sentence=_("{actor} gave up verifying a mail domain"))
@dataclass(frozen=True)
class DomainClaimDropped(Happening):
    claim_id: UUID
