"""Who is told of a promise that nears its end (the assignee; where there is none, the managers), and of a missed
one: the assignee, the support managers, and for P1 the engineers.

Later handlers: called with a batch of one customer's events, inside a scope bound to it. However many there are at
once, each person gets one mail, so that a worker which was down does not bury anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mainstay.core.events.types import Fact
from mainstay.people.messages.notices import (
    News,
    NoticeKind,
    Recipient,
    colleagues,
    notify_many,
    staff_with_role,
)
from mainstay.support.sla.notices import BREACHED, MANAGERS, ON_CALL, WARNED
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Severity


def tell_warned(facts: Sequence[Fact]) -> None:
    """What was paused since its warning is not due."""
    wanted = [fact for fact in facts if fact.data["due_at"]]
    tickets = _tickets(wanted)
    managers = staff_with_role(MANAGERS) if wanted else []
    notify_many(
        _news(WARNED, fact, ticket, colleagues(ticket.assignee_id) or managers)
        for fact in wanted
        if (ticket := tickets.get(fact.subject_id))
    )


def tell_breached(facts: Sequence[Fact]) -> None:
    tickets = _tickets(facts)
    managers, on_call = staff_with_role(MANAGERS), staff_with_role(ON_CALL)
    notify_many(
        _news(
            BREACHED,
            fact,
            ticket,
            [
                *colleagues(ticket.assignee_id),
                *managers,
                *(on_call if fact.data["severity"] == Severity.P1 else ()),
            ],
        )
        for fact in facts
        if (ticket := tickets.get(fact.subject_id))
    )


def _tickets(facts: Sequence[Fact]) -> dict[UUID, Ticket]:
    wanted = {fact.subject_id for fact in facts}
    return Ticket.objects.select_related("tenant").in_bulk(wanted) if wanted else {}


def _news(kind: NoticeKind, fact: Fact, ticket: Ticket, people: Sequence[Recipient]) -> News:
    return News(
        people=people,
        kind=kind.key,
        subject=("ticket", ticket.id),
        params={
            "number": str(ticket.number),
            "subject": ticket.subject,
            "customer": ticket.tenant.name,
            "promise": fact.data["kind"],
            "severity": fact.data["severity"],
            "due_at": fact.data["due_at"],
        },
        tenant_id=ticket.tenant_id,
        link=f"/desk/tickets/{ticket.number}",
        cause=fact.n,
        at=fact.at,
    )
