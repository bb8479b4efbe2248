"""What users of other desks learned the hard way about deadlines (lessons 1 to 4), end to end."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mainstay.core.actor import Role
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope, make_member, make_tenant
from mainstay.support.sla import models as tables
from mainstay.support.sla.actions import save_calendar, save_matrix, set_holidays, set_tenant_calendar
from mainstay.support.sla.jobs import run_due
from mainstay.support.sla.queries import all_clocks, clocks_of, next_promise
from mainstay.support.sla.rules import ClockKind
from mainstay.support.sla.tests.make import hours, make_sla_world, next_due, rows_of, the_clock
from mainstay.support.sla.tests.test_jobs import kinds_said, run_all_recomputations, said
from mainstay.support.tickets.actions import change_status
from mainstay.support.tickets.rules import Severity, Status
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket

pytestmark = pytest.mark.django_db
FIRST, NEXT = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE
RESTORE, UPDATE = ClockKind.RESTORE, ClockKind.UPDATE
NAMES = {"en": "Ours", "es": "Nuestro"}
FRIDAY = datetime(2026, 1, 16, 16, 30, tzinfo=UTC)
MONDAY = datetime(2026, 1, 19, tzinfo=UTC)
WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


@pytest.fixture
def world() -> World:
    """Everybody's first response is one hour in business hours."""
    world = make_sla_world()
    with acting_as(world.max) as max_:
        rows = tables.Matrix.objects.get(key="standard").rows
        for plan in rows.values():
            plan["P3"]["first_response"] = plan["P3"]["next_response"] = "1 h"
        save_matrix(max_, "standard", names=NAMES, rows=rows, at=FRIDAY)
    return world


def own_hours(world: World, weekly: dict[str, list[str]], zone: str = "") -> None:
    with acting_as(world.max) as max_:
        save_calendar(max_, "ours", names=NAMES, zone=zone, weekly=weekly, at=FRIDAY)
        set_tenant_calendar(max_, world.globex.id, "ours", at=FRIDAY)


class TestLesson1:
    """A business-hours clock is a calendar, not arithmetic."""

    def test_friday_half_past_four_and_one_hour_is_monday_half_past_nine(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=FRIDAY)
        assert the_clock(ticket, FIRST).due_at == MONDAY + hours(9.5)
        assert run_due(FRIDAY + hours(20)) == 0
        assert next_due(ticket) == MONDAY + hours(9.5)

    @pytest.mark.parametrize("closes", ["24:00", "23:59"])
    def test_midnight_loses_no_minute(self, world: World, closes: str) -> None:
        own_hours(world, {day: [f"00:00-{closes}"] for day in WORKDAYS})
        opened = datetime(2026, 1, 13, 23, 30, tzinfo=UTC)
        assert the_clock(make_ticket(world.gus, at=opened), FIRST).due_at == opened + hours(1)

    def test_lunch(self, world: World) -> None:
        own_hours(world, {day: ["09:00-13:00", "14:00-18:00"] for day in WORKDAYS})
        opened = datetime(2026, 1, 13, 12, 30, tzinfo=UTC)
        assert the_clock(make_ticket(world.gus, at=opened), FIRST).due_at == opened + hours(2)

    def test_both_changes_of_the_clock(self, world: World) -> None:
        zone = ZoneInfo("Europe/Madrid")
        nights = {day: ["00:00-06:00"] for day in (*WORKDAYS, "saturday", "sunday")}
        own_hours(world, nights, zone="Europe/Madrid")
        for day, due in ((date(2026, 3, 29), (3, 30)), (date(2026, 10, 25), (2, 30))):
            opened = datetime(day.year, day.month, day.day, 1, 30, tzinfo=zone).astimezone(UTC)
            ticket = make_ticket(world.gus, at=opened)
            found = the_clock(ticket, FIRST).due_at
            assert found == opened + hours(1)
            local = found.astimezone(zone)
            assert (local.hour, local.minute) == due


class TestLesson2:
    """Paused time is counted in business time too, and open tickets follow a changed calendar."""

    def test_a_pause_over_the_weekend_takes_only_business_time(self, world: World) -> None:
        ticket = make_ticket(make_professional(world), at=FRIDAY - hours(0.5), severity=Severity.P2)
        with acting_as(world.ari) as ari:
            change_status(ari, ticket.id, Status.WAITING, at=FRIDAY)
            change_status(ari, ticket.id, Status.OPEN, at=MONDAY + hours(10))
        restore = the_clock(ticket, RESTORE)
        assert restore.consumed == hours(0.5)
        assert restore.due_at == MONDAY + timedelta(days=1) + hours(9.5)

    def test_what_was_consumed_before_a_holiday_was_known_is_counted_again(self, world: World) -> None:
        ticket = make_ticket(make_professional(world), at=FRIDAY, severity=Severity.P2)
        before = the_clock(ticket, RESTORE).due_at
        with acting_as(world.max) as max_:
            set_holidays(max_, "8x5", {MONDAY.date(): ([], NAMES)}, at=FRIDAY)
        run_all_recomputations(FRIDAY)
        after = the_clock(ticket, RESTORE).due_at
        assert before is not None
        assert after == before + timedelta(days=1)
        moved = {data["kind"]: data for _, data in said(ticket, "sla.clock_recomputed")}[RESTORE]
        assert (moved["old_due_at"], moved["new_due_at"]) == (before.isoformat(), after.isoformat())


class TestLesson3:
    """It is said which clock applies and when it clears."""

    def test_each_promise_has_its_own_clock_and_clears_alone(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY + hours(9), severity=Severity.P2)
        with acting_as(world.ana) as ana:
            first = next_promise(clocks_of(ana, [ticket], MONDAY + hours(9))[ticket.id])
            assert first is not None
            assert first.kind is FIRST
        make_reply(ticket, world.ari, at=MONDAY + hours(9.5))
        with acting_as(world.ana) as ana:
            then = next_promise(clocks_of(ana, [ticket], MONDAY + hours(9.5))[ticket.id])
            assert then is not None
            assert then.kind is UPDATE

    def test_an_answered_ticket_is_never_breached_for_its_first_response(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=MONDAY + hours(9))
        make_reply(ticket, world.ari, at=MONDAY + hours(9.9))
        run_due(MONDAY + timedelta(days=9))
        assert kinds_said(ticket) == []

    def test_notes_machines_and_repetition_change_nothing(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=MONDAY + hours(9))
        due = the_clock(ticket, FIRST).due_at
        make_reply(ticket, world.gus, "Hello?", at=MONDAY + hours(9.2))
        make_reply(ticket, world.gus, "Away until June", at=MONDAY + hours(9.3), is_automatic=True)
        make_note(ticket, world.ari, at=MONDAY + hours(9.4))
        make_reply(ticket, world.ari, "We have it", at=MONDAY + hours(9.5), is_automatic=True)
        clock = the_clock(ticket, FIRST)
        assert (clock.due_at, clock.met_at) == (due, None)
        assert NEXT not in {row.kind for row in rows_of(ticket)}


class TestLesson4:
    """The customer's time zone, and the working shown."""

    def test_hours_are_those_of_the_customers_own_calendar(self, world: World) -> None:
        own_hours(world, {day: ["09:00-17:00"] for day in WORKDAYS}, zone="America/Bogota")
        # 16:30 in the operator's zone is 11:30 in Bogotá: the desk is open for this customer.
        assert the_clock(make_ticket(world.gus, at=FRIDAY), FIRST).due_at == FRIDAY + hours(1)

    def test_nothing_is_said_outside_the_hours_that_count(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=FRIDAY)
        run_due(MONDAY + hours(8.9))
        assert kinds_said(ticket) == []
        run_due(MONDAY + hours(9.25))
        assert kinds_said(ticket) == [("sla.warned", FIRST)]

    def test_the_working_can_be_shown(self, world: World) -> None:
        ticket = make_ticket(make_professional(world), at=FRIDAY, severity=Severity.P2)
        with acting_as(world.ari) as ari:
            change_status(ari, ticket.id, Status.WAITING, at=MONDAY + hours(10))
            change_status(ari, ticket.id, Status.OPEN, at=MONDAY + hours(12))
            restore = next(c.clock for c in all_clocks(ari, ticket, MONDAY) if c.kind is RESTORE)
        assert restore.runs == ((FRIDAY, MONDAY + hours(10)),)
        assert (restore.consumed, restore.amount) == (hours(1.5), hours(8))
        assert restore.running_since == MONDAY + hours(12)
        assert restore.due_at == MONDAY + timedelta(days=1) + hours(10.5)


def make_professional(world: World) -> Member:
    """A customer in 8x5, with a restore promised in 8 h."""
    with builders_scope():
        return make_member(make_tenant("Initech", plan=world.plans["professional"]), "Ida", Role.OWNER)
