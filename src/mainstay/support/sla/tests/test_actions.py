"""Clocks follow their ticket, in the acting person's own role (SLA-2, SLA-3)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mainstay.core.actor import system_actor
from mainstay.core.events.models import Event
from mainstay.core.wall.scope import scope
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope
from mainstay.support.sla.rules import ClockKind
from mainstay.support.sla.tests.make import (
    MONDAY,
    hours,
    make_sla_world,
    next_due,
    rows_of,
    the_clock,
)
from mainstay.support.tickets.actions import change_severity, change_status, confirm_severity
from mainstay.support.tickets.rules import Severity, Source, Status
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket

pytestmark = pytest.mark.django_db
FIRST, NEXT = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE
RESTORE, UPDATE = ClockKind.RESTORE, ClockKind.UPDATE


@pytest.fixture
def world() -> World:
    return make_sla_world()


class TestOpening:
    def test_starts_the_promises_of_plan_and_severity(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        clocks = {row.kind: row for row in rows_of(ticket)}
        assert set(clocks) == {FIRST, RESTORE, UPDATE}
        # Enterprise, in 24x5: Monday is open around the clock.
        assert clocks[FIRST].due_at == MONDAY + hours(1)
        assert clocks[RESTORE].due_at == MONDAY + hours(8)
        assert clocks[UPDATE].due_at == MONDAY + hours(4)
        assert next_due(ticket) == MONDAY + hours(1)

    def test_business_hours_of_the_plan(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=MONDAY, severity=Severity.P3)
        # Starter, 48 h in 8x5 are six working days from Monday 10:00.
        assert the_clock(ticket, FIRST).due_at == MONDAY + timedelta(days=8)
        assert the_clock(ticket, RESTORE).due_at is None

    def test_a_mail_out_of_triage_keeps_its_arrival(self, world: World) -> None:
        arrived = MONDAY - hours(20)
        with scope(system_actor(world.acme.id)):
            ticket = make_ticket(world.ana, at=MONDAY, source=Source.EMAIL, arrived_at=arrived)
        assert the_clock(ticket, FIRST).started_at == arrived

    def test_a_machines_mail_starts_nothing_until_a_person_writes(self, world: World) -> None:
        with scope(system_actor(world.acme.id)):
            ticket = make_ticket(world.ana, at=MONDAY, source=Source.EMAIL, is_automatic=True)
        assert rows_of(ticket) == []
        make_reply(ticket, world.ana, at=MONDAY + hours(3))
        assert the_clock(ticket, FIRST).started_at == MONDAY + hours(3)

    def test_a_proposed_p1_runs_as_p3_until_confirmed(self, world: World) -> None:
        with scope(system_actor(world.acme.id)):
            ticket = make_ticket(world.ana, at=MONDAY, source=Source.EMAIL, severity=Severity.P1)
        assert the_clock(ticket, FIRST).due_at == MONDAY + hours(4)
        later = MONDAY + hours(2)
        with acting_as(world.ari) as ari:
            confirm_severity(ari, ticket.id, at=later)
        first = [row for row in rows_of(ticket) if row.kind == FIRST]
        assert [row.stopped_at for row in first] == [later, None]
        assert first[1].due_at == later + timedelta(minutes=15)

    def test_costs_three_queries(self, world: World) -> None:
        make_ticket(world.ana, at=MONDAY)  # the promises are in memory now
        with CaptureQueriesContext(
            connection,
        ) as seen:
            make_ticket(world.ana, at=MONDAY)
        ours = [q["sql"] for q in seen if "sla_" in q["sql"] or 'next_due_at" =' in q["sql"]]
        assert len(ours) == 3, ours


class TestAnswering:
    def test_a_public_reply_meets_and_a_note_does_not(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        make_note(ticket, world.ari, at=MONDAY + timedelta(minutes=10))
        assert the_clock(ticket, FIRST).met_at is None
        make_reply(ticket, world.ari, at=MONDAY + timedelta(minutes=30))
        assert the_clock(ticket, FIRST).met_at == MONDAY + timedelta(minutes=30)
        # The next update is promised from the reply on.
        assert next_due(ticket) == MONDAY + hours(4.5)

    def test_an_automatic_reply_meets_nothing(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY)
        make_reply(ticket, world.ari, at=MONDAY + hours(1), is_automatic=True)
        assert the_clock(ticket, FIRST).met_at is None

    def test_further_messages_do_not_extend(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY)
        make_reply(ticket, world.ari, at=MONDAY + hours(1))
        make_reply(ticket, world.ana, at=MONDAY + hours(2))
        due = the_clock(ticket, NEXT).due_at
        assert due == MONDAY + hours(6)
        make_reply(ticket, world.ana, at=MONDAY + hours(3))
        assert the_clock(ticket, NEXT).due_at == due
        make_reply(ticket, world.ari, at=MONDAY + hours(4))
        assert the_clock(ticket, NEXT).met_at == MONDAY + hours(4)

    def test_a_reply_costs_at_most_three_queries(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        for author in (world.ari, world.ana, world.ana, world.ari):
            with CaptureQueriesContext(connection) as seen:
                make_reply(ticket, author, at=MONDAY + hours(1))
            ours = [q["sql"] for q in seen if "sla_" in q["sql"] or 'next_due_at" =' in q["sql"]]
            assert 1 <= len(ours) <= 3, ours


class TestWaiting:
    def test_pauses_restore_and_keeps_what_was_consumed(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        with acting_as(world.ari) as ari:
            change_status(ari, ticket.id, Status.WAITING, at=MONDAY + hours(3))
        restore = the_clock(ticket, RESTORE)
        assert (restore.due_at, restore.consumed) == (None, hours(3))
        make_reply(ticket, world.ana, at=MONDAY + hours(10))
        assert the_clock(ticket, RESTORE).due_at == MONDAY + hours(15)

    def test_reopening_starts_a_new_restore(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        with acting_as(world.ari) as ari:
            change_status(ari, ticket.id, Status.RESOLVED, at=MONDAY + hours(1))
        assert next_due(ticket) is None
        make_reply(ticket, world.ana, at=MONDAY + hours(2))
        restores = [row for row in rows_of(ticket) if row.kind == RESTORE]
        assert [row.met_at for row in restores] == [MONDAY + hours(1), None]
        assert restores[1].started_at == MONDAY + hours(2)


def test_a_severity_change_says_old_and_new(world: World) -> None:
    ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P3)
    with acting_as(world.ari) as ari:
        change_severity(ari, ticket.id, Severity.P2, at=MONDAY + timedelta(minutes=5))
    with builders_scope():
        moved = list(Event.objects.filter(name="sla.clock_recomputed", subject_id=ticket.id))
    first = next(event.data for event in moved if event.data["kind"] == FIRST)
    assert first["old_due_at"] == (MONDAY + hours(4)).isoformat()
    assert first["new_due_at"] == (MONDAY + hours(1)).isoformat()
    assert first["reason"] == "severity"
