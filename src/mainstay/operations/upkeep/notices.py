"""What administrators are told of the installation itself. Params: schedule, and due_at or attempts."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Role
from mainstay.core.schedules.types import NAMES
from mainstay.people.messages.notices import NEVER_OFF, Channel, NoticeKind

KEEPERS: Final = Role.ADMIN
_GROUP: Final = _("The installation")
_WHY: Final = _("What nobody hears of stays broken.")

SCHEDULE_MISSED: Final = NoticeKind(
    key="schedule.missed",
    group=_GROUP,
    title=_("A schedule missed its time"),
    sentence=_("“{schedule}” was due {due_at} and did not begin in time"),
    roles=frozenset({KEEPERS}),
    default=Channel.EMAIL,
    allowed=NEVER_OFF,
    why_always=_WHY,
    advice=_("The worker was down or busy. It runs as soon as it can; the page says how it went."),
    is_urgent=True,
    icon="calendar-x",
    words={"schedule": NAMES},
)
SCHEDULE_FAILED: Final = NoticeKind(
    key="schedule.failed",
    group=_GROUP,
    title=_("A schedule failed"),
    sentence=_("“{schedule}” failed {attempts} times and is left until its next time"),
    roles=frozenset({KEEPERS}),
    default=Channel.EMAIL,
    allowed=NEVER_OFF,
    why_always=_WHY,
    advice=_("The page shows the error. Once that is mended, have it run now."),
    is_urgent=True,
    icon="calendar-x",
    words={"schedule": NAMES},
)
