"""My tickets, each with what happens next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mainstay.core.actor import PORTAL_ROLES, TENANT_MANAGERS, Actor
from mainstay.core.house.current import house
from mainstay.core.pages import Page
from mainstay.support.sla.queries import ShownClock, clocks_of
from mainstay.support.tickets.queries import Sort, TicketFilter, TicketRow, page_of_tickets, visible_tickets
from mainstay.support.tickets.rules import ACTIVE, Audience, Status
from mainstay.surfaces.portal.rules import (
    PAGE_SIZE,
    ListView,
    NextStep,
    Promised,
    QueueView,
    Share,
    Whose,
    next_step,
)

_WAITING_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Listed:
    ticket: TicketRow
    step: NextStep


def ticket_list(actor: Actor, view: ListView, *, now: datetime) -> Page[Listed]:
    """Two queries, whatever the page holds."""
    page = page_of_tickets(
        actor, _filter(actor, view), sort=Sort.RECENT, cursor=view.after or None, limit=PAGE_SIZE
    )
    clocks = clocks_of(actor, page.rows, now)
    return page.map(lambda row: Listed(row, step_of(row, clocks.get(row.id, ()))))


def queue_list(actor: Actor, view: QueueView) -> Page[TicketRow]:
    """The customer's own queue: one query."""
    wanted = TicketFilter(
        audience=Audience.TENANT,
        status=(view.status,) if view.status else (),
        handler_id=actor.member_id if view.share is Share.MINE else None,
        unhandled=view.share is Share.NOBODYS,
        words=view.words,
    )
    return page_of_tickets(actor, wanted, sort=Sort.RECENT, cursor=view.after or None, limit=PAGE_SIZE)


def unhandled_count(actor: Actor) -> int:
    """What nobody works on yet; stops counting at a hundred."""
    found = visible_tickets(actor).filter(
        audience=Audience.TENANT, handler__isnull=True, status__in=sorted(status.value for status in ACTIVE)
    )
    return found.values_list("id")[:_WAITING_LIMIT].count()


def waiting_count(actor: Actor) -> int:
    """Tickets of the reader's own that wait for an answer; stops counting at a hundred."""
    mine = visible_tickets(actor).filter(requester_id=actor.member_id, status=Status.WAITING)
    return mine.values_list("id")[:_WAITING_LIMIT].count()


def sees_all(actor: Actor) -> bool:
    """All of the customer's tickets, hence a choice between those and one's own."""
    return not actor.roles.isdisjoint(TENANT_MANAGERS)


def is_portal_user(actor: Actor) -> bool:
    return not actor.roles.isdisjoint(PORTAL_ROLES)


class AnyTicket(Protocol):
    @property
    def status(self) -> str: ...
    @property
    def last_sender(self) -> str: ...
    @property
    def resolved_at(self) -> datetime | None: ...


def step_of(ticket: AnyTicket, clocks: Iterable[ShownClock]) -> NextStep:
    promised = [Promised(shown.kind, shown.state, shown.clock.due_at) for shown in clocks]
    closes_at = ticket.resolved_at + timedelta(days=house().close_after_days) if ticket.resolved_at else None
    return next_step(Status(ticket.status), ticket.last_sender, closes_at, promised)


def _filter(actor: Actor, view: ListView) -> TicketFilter:
    return TicketFilter(
        status=(view.status,) if view.status else (),
        severity=(view.severity,) if view.severity else (),
        source=(view.channel,) if view.channel else (),
        requester_id=actor.member_id if view.whose is Whose.MINE else None,
        # What portal users ask stands in the customer's own queue, on a page of its own.
        audience=Audience.OPERATOR if sees_all(actor) and view.whose is Whose.ALL else None,
        words=view.words,
    )
