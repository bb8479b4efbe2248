"""What staff are told of promises. Params: number, subject, customer, promise, severity, due_at."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Role
from mainstay.people.messages.notices import NEVER_OFF, Channel, NoticeKind
from mainstay.support.sla.labels import KINDS
from mainstay.support.tickets.rules import TRIAGE

_PROMISES: Final = _("Promises to customers")
_WHY: Final = _("A promise to a customer concerns whoever is to keep it.")
MANAGERS: Final = Role.SUPPORT_MANAGER
ON_CALL: Final = Role.ENGINEER

WARNED: Final = NoticeKind(
    key="sla.warned",
    group=_PROMISES,
    title=_("A promise is nearly due"),
    sentence=_("{promise} of #{number}, {severity}, {customer}, is due {due_at}: {subject}"),
    roles=TRIAGE.roles,
    default=Channel.IN_APP,
    allowed=NEVER_OFF,
    why_always=_WHY,
    is_urgent=True,
    icon="alarm-clock",
    words={"promise": KINDS},
)
BREACHED: Final = NoticeKind(
    key="sla.breached",
    group=_PROMISES,
    title=_("A promise was missed"),
    sentence=_("Missed: {promise} of #{number}, {severity}, {customer}, was due {due_at}: {subject}"),
    roles=TRIAGE.roles,
    default=Channel.EMAIL,
    allowed=NEVER_OFF,
    why_always=_WHY,
    is_urgent=True,
    icon="octagon-alert",
    words={"promise": KINDS},
)
