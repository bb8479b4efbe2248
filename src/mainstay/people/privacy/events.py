from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.types import Happening, event


@event(
    "privacy.export_asked", subject="member", sentence=_("{actor} asked for the personal data of a person")
)
@dataclass(frozen=True)
class ExportAsked(Happening):
    member_id: UUID
    request_id: UUID


@event(
    "privacy.export_fetched", subject="member", sentence=_("{actor} fetched the personal data of a person")
)
@dataclass(frozen=True)
class ExportFetched(Happening):
    member_id: UUID
    request_id: UUID


@event(
    "privacy.erasure_asked",
    subject="member",
    sentence=_("{actor} had a person erased; their wording: {wording}"),
    words={"wording": {"kept": _("kept"), "erased": _("erased as well")}},
)
@dataclass(frozen=True)
class ErasureAsked(Happening):
    member_id: UUID
    request_id: UUID
    wording: str


@event("member.erased", subject="member", sentence=_("A person was erased"))
@dataclass(frozen=True)
class MemberErased(Happening):
    member_id: UUID
    request_id: UUID
