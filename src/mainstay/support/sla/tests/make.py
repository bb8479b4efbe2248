"""Promises installed, customers on plans, and what the tables say about a ticket's clocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from mainstay.core.actor import Actor
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import BEGINNING, World, builders_scope, make_world
from mainstay.support.sla import models as tables
from mainstay.support.sla.actions import install_presets
from mainstay.support.sla.queries.rows import clock_of
from mainstay.support.sla.rules import ClockKind, TicketClocks
from mainstay.support.tickets.models import Ticket

MONDAY = datetime(2026, 1, 12, 10, tzinfo=UTC)
"""In office hours of every shipped calendar; the operator's zone in tests is UTC."""


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def install(preset: str = "standard") -> None:
    with sweep("install_presets") as actor:
        install_presets(actor, preset, at=BEGINNING)


def make_sla_world() -> World:
    install()
    return make_world()


@contextmanager
def the_operator() -> Iterator[Actor]:
    with sweep("recompute_clocks") as actor:
        yield actor


def rows_of(ticket: Ticket) -> list[tables.Clock]:
    with builders_scope():
        return list(tables.Clock.objects.filter(ticket_id=ticket.id).order_by("number"))


def clocks_of_ticket(ticket: Ticket) -> TicketClocks:
    return TicketClocks(tuple(clock_of(row) for row in rows_of(ticket)))


def the_clock(ticket: Ticket, kind: ClockKind) -> tables.Clock:
    """The latest of its kind."""
    return [row for row in rows_of(ticket) if row.kind == kind][-1]


def next_due(ticket: Ticket) -> datetime | None:
    with builders_scope():
        return Ticket.objects.values_list("next_due_at", flat=True).get(id=ticket.id)
