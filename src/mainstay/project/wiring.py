"""Who reacts to what: the one table. `now` runs in the same transaction, `later` by the worker's follower.

Reading it tells what the product does. An upper room reacts to a lower room's event; downwards it is a call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.events.types import Happening
from mainstay.core.events.wiring import Later, NowHandler, later, plug
from mainstay.core.house.events import SettingChanged
from mainstay.core.schedules.events import ScheduleFailed, ScheduleMissed
from mainstay.core.schedules.types import plug_schedules
from mainstay.integrations.imports.personal import ImportKeeper
from mainstay.integrations.webhooks.personal import WebhookKeeper
from mainstay.operations.upkeep import actions as upkeep
from mainstay.people.access import jobs as access_jobs
from mainstay.people.access import mails as access_mails
from mainstay.people.access.events import MemberInvited
from mainstay.people.messages.actions import Mail, queue_mail
from mainstay.people.messages.notices.security import ABOUT as ABOUT_SECURITY
from mainstay.people.messages.notices.security import tell_security
from mainstay.people.messages.post import sent_as
from mainstay.people.privacy.keepers import AccessKeeper, IdentityKeeper, MailKeeper
from mainstay.people.privacy.ports import plug_keepers
from mainstay.people.staff.events import StaffAdded
from mainstay.people.tenants.events import PlanChanged
from mainstay.project.installation import installation
from mainstay.project.schedules import schedules
from mainstay.support.channels.actions.answer import confirm_opened, mail_replies
from mainstay.support.channels.actions.heartbeat import tell_alerts
from mainstay.support.channels.actions.own_queue import tell_managers, tell_requester
from mainstay.support.channels.events import MailboxFailed, MailboxRecovered
from mainstay.support.channels.personal import InboundKeeper
from mainstay.support.sla import actions as sla
from mainstay.support.sla.events import ClockBreached, ClockWarned
from mainstay.support.sla.queries.counters import promises_of_rows
from mainstay.support.tickets.actions import tell
from mainstay.support.tickets.events import (
    TicketAssigned,
    TicketEscalated,
    TicketGiven,
    TicketNoted,
    TicketOpened,
    TicketReplied,
    TicketSeverityChanged,
    TicketShared,
    TicketStatusChanged,
)
from mainstay.support.tickets.personal import TicketKeeper
from mainstay.support.tickets.ports import TicketPromise, plug_promises
from mainstay.support.tickets.queries import TicketRow
from mainstay.surfaces.desk.ports import plug_installation

NOW: dict[type[Happening], Sequence[NowHandler]] = {
    TicketOpened: (sla.start_clocks,),
    TicketEscalated: (sla.start_escalated,),
    TicketReplied: (sla.answer_clocks,),
    TicketStatusChanged: (sla.follow_status,),
    TicketSeverityChanged: (sla.follow_severity,),
    PlanChanged: (sla.follow_plan,),
    SettingChanged: (sla.follow_zone,),
    MemberInvited: (access_mails.mail_invitation,),
    StaffAdded: (access_jobs.welcome_soon,),
}

LATER: Sequence[Later] = (
    later("mail.confirm_opened", confirm_opened, TicketOpened),
    later("mail.tell_tenant", tell_managers, TicketOpened),
    later("mail.escalated", tell_requester, TicketEscalated),
    later("mail.pass_on_replies", mail_replies, TicketReplied),
    later("mail.mentions", tell.tell_mentioned, TicketNoted),
    later("mail.sla_breaches", sla.tell_breached, ClockBreached),
    later("notices.sla_warnings", sla.tell_warned, ClockWarned),
    later("notices.assigned", tell.tell_assigned, TicketAssigned),
    later("notices.given", tell.tell_given, TicketGiven),
    later("notices.opened", tell.tell_opened, TicketOpened),
    later("notices.escalated", tell.tell_escalated, TicketEscalated),
    later("notices.done", tell.tell_done, TicketStatusChanged),
    later("notices.shared", tell.tell_shared, TicketShared),
    later("notices.security", tell_security, *ABOUT_SECURITY),
    later("notices.mailboxes", tell_alerts, MailboxFailed, MailboxRecovered),
    later("notices.schedule_missed", upkeep.tell_missed, ScheduleMissed),
    later("notices.schedule_failed", upkeep.tell_failed, ScheduleFailed),
)


def plug_in() -> None:
    plug(NOW, LATER)
    plug_schedules(schedules())
    plug_installation(installation())
    access_mails.plug_post(_post_account_mail)
    plug_promises(_promises_in_json)
    # Who the person is goes last; how they came in, first.
    plug_keepers(
        [
            AccessKeeper(),
            TicketKeeper(),
            InboundKeeper(),
            ImportKeeper(),
            WebhookKeeper(),
            MailKeeper(),
            IdentityKeeper(),
        ]
    )


def _promises_in_json(actor: Actor, rows: Sequence[TicketRow]) -> Mapping[UUID, Sequence[TicketPromise]]:
    return promises_of_rows(actor, rows, clock.now())


def _post_account_mail(mail: access_mails.AccountMail) -> None:
    queued = Mail(
        kind=mail.kind,
        email=mail.to,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        language=mail.language,
        tenant_id=mail.tenant_id,
        cause=mail.cause,
        headers={"From": sent_as(mail.sender)} if mail.sender else {},
        is_secret=True,
    )
    queue_mail([queued], at=clock.now())
