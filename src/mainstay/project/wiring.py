"""Who reacts to what: the one table. `now` runs in the same transaction, `later` by the worker's follower.

Reading it tells what the product does. An upper room reacts to a lower room's event; downwards it is a call.
"""

from __future__ import annotations

from collections.abc import Sequence

from mainstay.core.events.types import Happening
from mainstay.core.events.wiring import Later, NowHandler, later, plug
from mainstay.people.tenants.events import PlanChanged
from mainstay.support.channels.actions.answer import confirm_opened, mail_replies
from mainstay.support.sla import actions as sla
from mainstay.support.tickets.events import (
    TicketOpened,
    TicketReplied,
    TicketSeverityChanged,
    TicketStatusChanged,
)

NOW: dict[type[Happening], Sequence[NowHandler]] = {
    TicketOpened: (sla.start_clocks,),
    TicketReplied: (sla.answer_clocks,),
    TicketStatusChanged: (sla.follow_status,),
    TicketSeverityChanged: (sla.follow_severity,),
    PlanChanged: (sla.follow_plan,),
}

LATER: Sequence[Later] = (
    later("mail.confirm_opened", confirm_opened, TicketOpened),
    later("mail.pass_on_replies", mail_replies, TicketReplied),
)


def plug_in() -> None:
    plug(NOW, LATER)
