"""Leaving mails of a kind with one click (RFC 8058), from a mail program that is signed in nowhere."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core import signing

from mainstay.core.actor import Actor, system_actor
from mainstay.core.errors import NotFound
from mainstay.core.wall.scope import operator_scope, scope
from mainstay.people.messages.models import NoticeChoices, StaffNoticeChoices
from mainstay.people.messages.notices.kinds import notice_kinds
from mainstay.people.messages.rules import Channel

DIGEST: Final = "digest"
_SALT: Final = "mainstay.notices.stop"


@dataclass(frozen=True, slots=True)
class Stop:
    """Who wants no more of what: a kind's key, or the digest."""

    tenant_id: UUID | None
    """None: a staff member."""
    person_id: UUID
    what: str

    @property
    def token(self) -> str:
        whose = str(self.tenant_id or "")
        return signing.dumps([whose, str(self.person_id), self.what], salt=_SALT)

    @property
    def url(self) -> str:
        return f"{settings.MAINSTAY_URL}/notifications/stop/{self.token}"

    @property
    def headers(self) -> dict[str, str]:
        return {
            "List-Unsubscribe": f"<{self.url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def open(self) -> AbstractContextManager[Actor]:
        """A door's scope: the product, on behalf of whoever holds the mail."""
        if self.tenant_id is None:
            return operator_scope(system_actor(name="unsubscribe"))
        return scope(system_actor(self.tenant_id, name="unsubscribe"))


def read_stop(token: str) -> Stop:
    """It does not expire: mails are kept for years, and it can do nothing but this."""
    try:
        whose, person, what = signing.loads(token, salt=_SALT)
        stop = Stop(UUID(whose) if whose else None, UUID(person), str(what))
    except (signing.BadSignature, ValueError, TypeError) as forged:
        raise NotFound from forged
    if stop.what != DIGEST and stop.what not in notice_kinds():
        raise NotFound
    return stop


def stop_mails(stop: Stop) -> None:
    """Inside its scope. What was mailed stays in the inbox; nothing is lost."""
    model: Any
    key: dict[str, UUID]
    if stop.tenant_id is None:
        model, key = StaffNoticeChoices, {"staff_id": stop.person_id}
    else:
        model, key = NoticeChoices, {"tenant_id": stop.tenant_id, "member_id": stop.person_id}
    model.objects.bulk_create([model(**key)], ignore_conflicts=True)
    row = model.objects.select_for_update().get(**key)
    for kind in notice_kinds().values():
        wanted = (
            kind.channel(row.choices.get(kind.key)) is Channel.DIGEST
            if stop.what == DIGEST
            else kind.key == stop.what
        )
        if wanted and Channel.IN_APP in kind.allowed:
            row.choices[kind.key] = Channel.IN_APP.value
    row.save(update_fields=["choices"])
