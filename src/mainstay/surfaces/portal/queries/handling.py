"""What somebody of the customer can do with a ticket of the customer's own queue."""

from __future__ import annotations

from typing import Any, Final

from mainstay.core.actor import PORTAL_ROLES, Actor, Role
from mainstay.people.tenants.queries import visible_members
from mainstay.people.tenants.rules import MemberState
from mainstay.support.tickets.labels import PRIORITIES
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.queries import handles
from mainstay.support.tickets.rules import ESCALATE, GIVE, Audience, Status, allowed_transitions
from mainstay.surfaces.portal.labels import WORK_STATUSES

_OFFERED: Final = 200
"""People in the list of who could work on it."""


def handling(actor: Actor, ticket: Ticket) -> dict[str, Any]:
    """One query at most; nothing for whoever does not work on it."""
    if ticket.audience != Audience.TENANT or not handles(actor, ticket):
        return {"may_give": False, "may_escalate": False}
    status = Status(ticket.status)
    possible = allowed_transitions(status, is_handler=True)
    return {
        "may_give": actor.may(GIVE),
        "may_escalate": actor.may(ESCALATE) and status is not Status.CLOSED,
        "statuses": [(str(one), word) for one, word in WORK_STATUSES.items() if one in possible],
        "priorities": list(PRIORITIES.items()),
        "people": _people(actor, ticket) if actor.may(GIVE) else [],
    }


def _people(actor: Actor, ticket: Ticket) -> list[tuple[str, str]]:
    found = visible_members(actor).filter(state=MemberState.ACTIVE).exclude(id=ticket.requester_id)
    found = found.exclude(role__in=[*PORTAL_ROLES, Role.CONTACT]).order_by("name", "email")
    return [
        (str(one), name or email) for one, name, email in found.values_list("id", "name", "email")[:_OFFERED]
    ]
