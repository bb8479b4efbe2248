"""What people are told about their webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import TENANT_MANAGERS, Role
from mainstay.integrations.webhooks.models import Endpoint
from mainstay.people.messages.notices import NEVER_OFF, NoticeKind, notify, recipients_of, staff_with_role
from mainstay.people.messages.rules import Channel

STOPPED: Final = NoticeKind(
    key="webhook.stopped",
    group=_("Webhooks"),
    title=_("A webhook was paused because nothing arrived"),
    sentence=_("The webhook to {host} was paused: {why}"),
    roles=TENANT_MANAGERS | {Role.ADMIN, Role.ENGINEER},
    default=Channel.EMAIL,
    allowed=NEVER_OFF,
    why_always=_("Programs that rely on it would otherwise stop hearing anything, unnoticed."),
    icon="webhook",
    words={
        "why": {
            "failing": _(
                "nothing arrived there for a day. Deliveries are kept until somebody switches it on again."
            ),
            "gone": _("it answered that it is gone for good (410)."),
        }
    },
)


def tell_of_stop(endpoint: Endpoint, *, cause: int, at: datetime) -> None:
    tenant_id: UUID | None = endpoint.tenant_id
    if tenant_id is None:
        people = staff_with_role(Role.ADMIN, Role.ENGINEER)
    else:
        people = recipients_of(tenant_id, "admins")
    notify(
        people,
        kind=STOPPED.key,
        subject=("endpoint", endpoint.id),
        params={"host": urlsplit(endpoint.url).hostname or "", "why": endpoint.state},
        tenant_id=tenant_id,
        link=f"/webhooks/{endpoint.id}",
        cause=cause,
        at=at,
    )
