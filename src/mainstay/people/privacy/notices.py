"""Telling who asked that it is done."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import MEMBER_ROLES, Actor, ActorKind, Role
from mainstay.people.messages.notices import NoticeKind, colleagues, members, notify
from mainstay.people.privacy.models import PrivacyRequest
from mainstay.people.privacy.rules import RequestKind

PRIVACY_DONE: Final = NoticeKind(
    key="privacy.done",
    group=_("Personal data"),
    title=_("What I asked about personal data is done"),
    sentence=_("{what}"),
    roles=MEMBER_ROLES - {Role.CONTACT} | {Role.ADMIN, Role.SUPPORT_MANAGER, Role.CS_MANAGER},
    icon="shield-user",
    words={
        "what": {
            RequestKind.EXPORT.value: _("The personal data you asked for can be fetched, for a week"),
            RequestKind.ERASURE.value: _("The person is erased"),
        }
    },
)


def tell_asker(actor: Actor, request: PrivacyRequest, *, at: datetime) -> None:
    if request.asked_by is None or request.asked_by_kind not in (ActorKind.MEMBER, ActorKind.STAFF):
        return  # a key asked: nobody to tell
    by_member = request.asked_by_kind == ActorKind.MEMBER
    own = by_member and request.asked_by == request.member_id
    page = "account_privacy" if own else ("support_privacy" if by_member else "desk_privacy")
    notify(
        members(request.asked_by) if by_member else colleagues(request.asked_by),
        kind=PRIVACY_DONE.key,
        subject=("privacy_request", request.id),
        params={"what": request.kind},
        tenant_id=request.tenant_id,
        link=reverse(page),
        cause=None,
        at=at,
    )
