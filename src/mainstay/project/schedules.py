"""What the worker does at its hour: the one table. Operators move or switch off what stands here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from mainstay.core.events.retention import forget_events, forget_followers
from mainstay.core.events.wiring import later_handlers
from mainstay.core.house.current import house
from mainstay.core.jobs import forget_finished
from mainstay.core.limits.actions import forget_old
from mainstay.core.schedules.running import forget_runs
from mainstay.core.schedules.types import Schedule
from mainstay.integrations.imports.jobs import forget_imports
from mainstay.integrations.imports.queries import known_files
from mainstay.integrations.webhooks.actions import FOLLOWER as WEBHOOKS
from mainstay.integrations.webhooks.actions import forget_deliveries
from mainstay.people.access.open_sessions import forget_sessions
from mainstay.people.messages.notices.forgetting import forget_notices
from mainstay.people.privacy.jobs import forget_exports
from mainstay.people.privacy.queries import known_exports
from mainstay.support.channels.actions.retention import forget_raw_mail
from mainstay.support.tickets.actions.sweep_files import sweep_files

_FILES_AT_ONCE: Final = 1000


def schedules() -> list[Schedule]:
    return [
        Schedule(
            key="retention",
            name=_("Forget what is past its time"),
            help=_(
                "Raw mails, events, notifications and finished jobs that are older than the settings say."
            ),
            default="daily 03:10",
            run=forget,
        ),
        Schedule(
            key="tidy_limits",
            name=_("Forget counters and answered requests"),
            help=_("Counters of the rate limits and remembered answers of the API."),
            default="every 60",
            run=forget_calls,
            missed_after=timedelta(hours=6),
        ),
        Schedule(
            key="sweep_files",
            name=_("Remove files that belong to nothing"),
            help=_("Uploaded and never sent, or left behind by a request that failed."),
            default="daily 03:40",
            run=sweep_all_files,
        ),
    ]


def forget(now: datetime) -> int:
    """Each part in its own transactions."""
    keeping = house()
    return (
        forget_sessions(at=now)
        + forget_finished(at=now, keep_days=keeping.keep_jobs_days)
        + forget_followers([WEBHOOKS, *(handler.name for handler in later_handlers())], at=now)
        + forget_raw_mail(at=now, keep_days=keeping.keep_raw_mail_days)
        + forget_imports(at=now, keep_days=keeping.keep_imports_days)
        + forget_events(at=now, keep_days=keeping.keep_events_days)
        + forget_deliveries(at=now, keep_days=keeping.keep_webhooks_days)
        + forget_runs(at=now)
        + forget_exports(at=now)
        + forget_notices(at=now, keep_days=keeping.keep_notices_days)
    )


def _known(keys: list[str]) -> set[str]:
    return known_files(keys) | known_exports(keys)


def forget_calls(now: datetime) -> int:
    return forget_old(at=now)


def sweep_all_files(now: datetime) -> int:
    gone = 0
    while (count := sweep_files(now, _FILES_AT_ONCE, also_known=_known)) == _FILES_AT_ONCE:
        gone += count
    return gone + count
