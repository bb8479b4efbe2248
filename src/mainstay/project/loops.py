"""What the worker does all the time: the one table. Each entry is a thread with a database connection. What has its
hour of the day stands in `schedules.py`."""

from __future__ import annotations

from mainstay.core.events.actions import CHANNEL
from mainstay.core.events.dispatch import SWEEP as FOLLOW
from mainstay.core.events.dispatch import Follower
from mainstay.core.jobs import rescue_stalled
from mainstay.core.loops.types import Loop
from mainstay.core.schedules.running import queue_due
from mainstay.integrations.imports.actions import CHANNEL as IMPORT_BEGUN
from mainstay.integrations.imports.jobs import run_imports
from mainstay.integrations.webhooks.actions import CHANNEL as WEBHOOKS_TO_SEND
from mainstay.integrations.webhooks.actions import collect
from mainstay.integrations.webhooks.jobs import Sender
from mainstay.people.messages.actions import CHANNEL as MAIL_TO_SEND
from mainstay.people.messages.jobs import send_mail
from mainstay.people.messages.notices.mailing import mail_due
from mainstay.people.messages.notices.telling import CHANNEL as NOTICES
from mainstay.support.channels.actions.mailboxes import CHANNEL as MAILBOX_CHANGED
from mainstay.support.channels.actions.receive import CHANNEL as MAIL_ARRIVED
from mainstay.support.channels.jobs import mailbox_watcher, take_in_mail
from mainstay.support.sla import jobs as sla
from mainstay.support.tickets.actions.close import close_resolved


def loops() -> list[Loop]:
    """Made anew at each call: the follower holds a lock on its connection."""
    return [
        Loop(
            name=FOLLOW,
            run_due=Follower().run_due,
            tick_seconds=0.25,
            wake_channel=CHANNEL,
            gather_seconds=0.05,
            limit=500,
        ),
        Loop(name="watch_clocks", run_due=sla.run_due, tick_seconds=5, limit=1000),
        Loop(name="recompute_clocks", run_due=sla.run_recomputations, tick_seconds=10, limit=20),
        *_mail(),
        *_programs(),
        Loop(name="close_resolved", run_due=close_resolved, tick_seconds=300, limit=200),
        Loop(name="rescue_jobs", run_due=rescue_stalled, tick_seconds=15),
        Loop(name="run_schedules", run_due=queue_due, tick_seconds=5, limit=20),
    ]


def _mail() -> list[Loop]:
    return [
        Loop(
            name="take_in_mail",
            run_due=take_in_mail,
            tick_seconds=15,
            wake_channel=MAIL_ARRIVED,
            gather_seconds=0.05,
            limit=50,
        ),
        Loop(
            name="watch_mailboxes",
            run_due=mailbox_watcher().run_due,
            tick_seconds=5,
            wake_channel=MAILBOX_CHANGED,
        ),
        Loop(
            name="send_mail",
            run_due=send_mail,
            tick_seconds=15,
            wake_channel=MAIL_TO_SEND,
            gather_seconds=0.2,
            limit=50,
        ),
        Loop(
            name="send_notices",
            run_due=mail_due,
            tick_seconds=15,
            wake_channel=NOTICES,
            gather_seconds=0.5,
            limit=200,
        ),
    ]


def _programs() -> list[Loop]:
    """What comes from, and goes to, other people's programs and files."""
    return [
        Loop(
            name="collect_webhooks",
            run_due=collect,
            tick_seconds=2,
            wake_channel=CHANNEL,
            gather_seconds=0.2,
            limit=500,
        ),
        Loop(
            name="send_webhooks",
            run_due=Sender().run_due,
            tick_seconds=5,
            wake_channel=WEBHOOKS_TO_SEND,
            gather_seconds=0.05,
            limit=1000,
        ),
        Loop(
            name="run_imports",
            run_due=run_imports,
            tick_seconds=15,
            wake_channel=IMPORT_BEGUN,
            limit=1,
        ),
    ]
