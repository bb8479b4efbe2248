"""The watch says each warning and breach once; a change of the promises reaches every open clock (SLA-3, SLA-4)."""

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mainstay.core.events.actions import record
from mainstay.core.events.models import Event
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.events import PlanChanged
from mainstay.people.tenants.models import Plan, Tenant
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope
from mainstay.support.sla import models as tables
from mainstay.support.sla.actions import (
    fill_holidays,
    save_calendar,
    save_matrix,
    set_holidays,
    set_tenant_calendar,
    use_matrix,
)
from mainstay.support.sla.actions.recompute import BATCH
from mainstay.support.sla.jobs import run_due, run_recomputations
from mainstay.support.sla.rules import ClockKind
from mainstay.support.sla.tests.make import (
    MONDAY,
    hours,
    make_sla_world,
    next_due,
    rows_of,
    the_clock,
    the_operator,
)
from mainstay.support.tickets.actions import change_status
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Severity, Status
from mainstay.support.tickets.tests.make import make_reply, make_ticket

FIRST, RESTORE = ClockKind.FIRST_RESPONSE, ClockKind.RESTORE
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(db: None) -> World:
    world = make_sla_world()
    run_all_recomputations(MONDAY)
    return world


def said(ticket: Ticket, *names: str) -> list[tuple[str, dict[str, Any]]]:
    with builders_scope():
        found = Event.objects.filter(subject_id=ticket.id, name__in=names or ("sla.warned", "sla.breached"))
        return [(event.name, event.data) for event in found.order_by("n")]


def kinds_said(ticket: Ticket) -> list[tuple[str, str]]:
    return [(name, data["kind"]) for name, data in said(ticket)]


def run_all_recomputations(now: datetime) -> None:
    """Both passes."""
    for at in (now, now + MINUTE):
        while run_recomputations(at):
            pass


class TestWatch:
    def test_warns_at_three_quarters_and_breaches_after_the_due_moment(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        assert run_due(MONDAY + 44 * MINUTE) == 0
        assert run_due(MONDAY + 45 * MINUTE) == 1
        assert kinds_said(ticket) == [("sla.warned", FIRST)]
        assert run_due(MONDAY + 46 * MINUTE) == 0
        assert run_due(MONDAY + 61 * MINUTE) == 1
        assert run_due(MONDAY + 62 * MINUTE) == 0
        assert kinds_said(ticket) == [("sla.warned", FIRST), ("sla.breached", FIRST)]
        _, breach = said(ticket)[1]
        assert breach["due_at"] == (MONDAY + hours(1)).isoformat()
        assert breach["severity"] == "P2"

    @pytest.mark.parametrize("limit", [1, 4, 500])
    def test_a_worker_that_was_down_catches_up_in_due_order(self, world: World, limit: int) -> None:
        tickets = [make_ticket(world.ana, at=MONDAY + n * MINUTE, severity=Severity.P1) for n in (3, 1, 2)]
        while run_due(MONDAY + hours(30), limit) == limit:
            pass
        with builders_scope():
            names = ("sla.warned", "sla.breached")
            events = list(Event.objects.filter(name__in=names).order_by("n").values_list("name", "data"))
        moments = [data["warned_at"] if name == "sla.warned" else data["due_at"] for name, data in events]
        assert moments == sorted(moments)
        assert len(events) == 3 * 3 * 2  # first response, restore, update; each warned of and missed
        assert all(row.next_at is None for ticket in tickets for row in rows_of(ticket))

    def test_a_goal_is_never_warned_of_nor_breached(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=MONDAY, severity=Severity.P1)
        goal = the_clock(ticket, RESTORE)
        assert (goal.is_goal, goal.due_at) == (True, MONDAY + hours(6))
        run_due(MONDAY + timedelta(days=30))
        assert RESTORE not in {kind for _, kind in kinds_said(ticket)}
        with acting_as(world.ari) as ari:
            change_status(ari, ticket.id, Status.RESOLVED, at=MONDAY + timedelta(days=40))
        goal = the_clock(ticket, RESTORE)
        assert (goal.breached_at, goal.next_at) == (None, None)

    def test_a_breach_that_an_answer_finds_first_is_said_by_the_watch_once(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        make_reply(ticket, world.ari, at=MONDAY + hours(2))
        assert the_clock(ticket, FIRST).breached_at == MONDAY + hours(1)
        assert said(ticket) == []
        run_due(MONDAY + hours(2))
        run_due(MONDAY + hours(2))
        assert kinds_said(ticket) == [("sla.breached", FIRST)]

    def test_also_when_the_customer_finds_it(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        with acting_as(world.ana) as ana:
            change_status(ana, ticket.id, Status.RESOLVED, at=MONDAY + hours(9))
        run_due(MONDAY + hours(9))
        assert ("sla.breached", RESTORE) in kinds_said(ticket)

    def test_an_answer_in_time_leaves_nothing_to_say(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P3)
        make_reply(ticket, world.ari, at=MONDAY + hours(4))
        with acting_as(world.ari) as ari:
            change_status(ari, ticket.id, Status.RESOLVED, at=MONDAY + hours(5))
        run_due(MONDAY + timedelta(days=30))
        assert "sla.breached" not in {name for name, _ in said(ticket)}

    def test_costs_what_is_due(self, world: World) -> None:
        counts = []
        for batch in (2, 12):
            for n in range(batch):
                make_ticket(world.ana, at=MONDAY + n * MINUTE, severity=Severity.P1)
            with CaptureQueriesContext(connection) as seen:
                run_due(MONDAY + hours(40))
            counts.append(len(seen))
        assert counts[0] == counts[1]


class TestRecompute:
    def test_a_plan_change_reaches_the_customers_open_clocks_only(self, world: World) -> None:
        ours = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        answered = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        make_reply(answered, world.ari, at=MONDAY + 10 * MINUTE)
        theirs = make_ticket(world.gus, at=MONDAY, severity=Severity.P2)
        before = [row.due_at for row in rows_of(theirs)]
        change_plan(world.acme, "business", at=MONDAY + 30 * MINUTE)
        run_all_recomputations(MONDAY + 31 * MINUTE)
        assert the_clock(ours, FIRST).due_at == MONDAY + hours(4)
        assert next_due(ours) == MONDAY + hours(4)
        assert the_clock(answered, FIRST).due_at == MONDAY + hours(1)  # what ended stays
        assert [row.due_at for row in rows_of(theirs)] == before
        moved = {data["kind"]: data for _, data in said(ours, "sla.clock_recomputed")}
        assert moved[FIRST]["old_due_at"] == (MONDAY + hours(1)).isoformat()
        assert moved[FIRST]["new_due_at"] == (MONDAY + hours(4)).isoformat()
        assert moved[FIRST]["reason"] == "plan"
        assert (moved[FIRST]["old_calendar"], moved[FIRST]["new_calendar"]) == ("24x5", "8x5")

    def test_holidays_move_due_times_and_are_said(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=MONDAY, severity=Severity.P2)
        due = the_clock(ticket, FIRST).due_at
        tomorrow = MONDAY.date() + timedelta(days=1)
        with acting_as(world.max) as max_:
            closed = {tomorrow: ([], {"en": "Inventory", "es": "Inventario"})}
            set_holidays(max_, "8x5", closed, at=MONDAY + hours(1))
        run_all_recomputations(MONDAY + hours(1))
        assert due is not None
        assert the_clock(ticket, FIRST).due_at == due + timedelta(days=1)
        assert said(ticket, "sla.clock_recomputed")[0][1]["reason"] == "holidays"

    def test_half_a_day(self, world: World) -> None:
        tomorrow = MONDAY.date() + timedelta(days=1)
        with acting_as(world.max) as max_:
            set_holidays(max_, "8x5", {tomorrow: (["09:00-13:00"], {"en": "Half"})}, at=MONDAY)
        ticket = make_ticket(world.gus, at=MONDAY, severity=Severity.P2)
        # 24 h in 8x5: 7 on Monday, 4 on the half Tuesday, 8 on Wednesday, 5 on Thursday.
        assert the_clock(ticket, FIRST).due_at == MONDAY + timedelta(days=3, hours=4)

    def test_public_holidays_are_filled_in_and_own_dates_stay(self, world: World) -> None:
        epiphany = date(2026, 1, 6)
        with acting_as(world.max) as max_:
            set_holidays(max_, "8x5", {epiphany: (["09:00-11:00"], {"en": "Ours"})}, at=MONDAY)
            fill_holidays(max_, "8x5", country="ES", region="MD", years=[2026], at=MONDAY)
            fill_holidays(max_, "8x5", country="ES", region="MD", years=[2026], at=MONDAY)
            rows = {row.on: row for row in tables.Holiday.objects.all()}
        assert rows[epiphany].names == {"en": "Ours"}
        assert rows[date(2026, 12, 25)].names == {"en": "Christmas Day", "es": "Natividad del Señor"}
        assert len(rows) > 10

    def test_new_hours_of_a_calendar(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=MONDAY, severity=Severity.P2)
        weekly = {day: ["08:00-20:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
        with acting_as(world.max) as max_:
            names = {"en": "Long days", "es": "Días largos"}
            save_calendar(max_, "8x5", names=names, zone="", weekly=weekly, at=MONDAY)
        run_all_recomputations(MONDAY)
        # 10 h on Monday, 12 on Tuesday, 2 on Wednesday.
        assert the_clock(ticket, FIRST).due_at == MONDAY + timedelta(days=2)

    def test_a_customers_own_calendar(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=MONDAY, severity=Severity.P2)
        with acting_as(world.max) as max_:
            set_tenant_calendar(max_, world.globex.id, "24x7", at=MONDAY)
        run_all_recomputations(MONDAY)
        assert the_clock(ticket, FIRST).due_at == MONDAY + hours(24)
        assert the_clock(make_ticket(world.gus, at=MONDAY), FIRST).due_at == MONDAY + hours(48)

    def test_another_matrix(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=MONDAY, severity=Severity.P2)
        with acting_as(world.max) as max_:
            use_matrix(max_, "standard-elapsed", at=MONDAY)
        assert the_clock(make_ticket(world.gus, at=MONDAY), FIRST).due_at == MONDAY + hours(48)
        run_all_recomputations(MONDAY)
        assert the_clock(ticket, FIRST).due_at == MONDAY + hours(24)

    def test_a_breach_taken_back_can_come_again(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        run_due(MONDAY + hours(2))
        change_plan(world.acme, "business", at=MONDAY + hours(2))
        run_all_recomputations(MONDAY + hours(2))
        assert the_clock(ticket, FIRST).breached_at is None
        run_due(MONDAY + hours(5))
        assert kinds_said(ticket).count(("sla.breached", FIRST)) == 2

    def test_goes_on_where_it_was_and_does_nothing_twice(self, world: World) -> None:
        tickets = [make_ticket(world.ana, at=MONDAY, severity=Severity.P2) for _ in range(BATCH + 3)]
        change_plan(world.acme, "business", at=MONDAY)
        assert run_recomputations(MONDAY, 1) == 1
        with builders_scope():
            work = tables.Recomputation.objects.get(reason="plan")
        assert work.after_ticket_id is not None
        assert work.seen_count == BATCH
        run_all_recomputations(MONDAY + MINUTE)
        with builders_scope():
            work.refresh_from_db()
        assert work.finished_at == MONDAY + MINUTE
        assert (work.seen_count, work.passes) == (BATCH + 3, 2)
        assert all(len(said(ticket, "sla.clock_recomputed")) == 3 for ticket in tickets[-5:])

    def test_the_second_pass_finds_a_ticket_opened_during_the_first(self, world: World) -> None:
        change_plan(world.acme, "business", at=MONDAY)
        while run_recomputations(MONDAY):
            pass
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        with builders_scope():  # as a transaction would leave it that read the plan before
            tables.Clock.objects.filter(ticket_id=ticket.id, kind=FIRST).update(
                due_at=MONDAY + hours(1), amount=hours(1), calendar_key="24x5"
            )
        assert run_recomputations(MONDAY) == 0
        run_all_recomputations(MONDAY + MINUTE)
        assert the_clock(ticket, FIRST).due_at == MONDAY + hours(4)

    def test_a_saved_matrix_is_checked_and_used(self, world: World) -> None:
        with the_operator():
            rows = tables.Matrix.objects.get(key="standard").rows
        rows["enterprise"]["P2"]["first_response"] = "30 min"
        with acting_as(world.max) as max_:
            save_matrix(max_, "standard", names={"en": "Ours", "es": "Nuestra"}, rows=rows, at=MONDAY)
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        assert the_clock(ticket, FIRST).due_at == MONDAY + 30 * MINUTE


def change_plan(tenant: Tenant, plan: str, *, at: datetime) -> None:
    with sweep("demo") as actor:
        old = Tenant.objects.select_related("plan").get(id=tenant.id)
        Tenant.objects.filter(id=tenant.id).update(plan=Plan.objects.get(key=plan))
        record(
            actor, PlanChanged(tenant_id=tenant.id, old=old.plan.key, new=plan), tenant_id=tenant.id, at=at
        )


@pytest.mark.usefixtures("committed")
class TestAtOnce:
    """Real commits, several connections."""

    def test_two_watches_say_each_breach_once(self) -> None:
        world = make_sla_world()
        tickets = [make_ticket(world.ana, at=MONDAY, severity=Severity.P1) for _ in range(20)]
        at_once(*[lambda: drain(MONDAY + hours(9))] * 4)
        for ticket in tickets:
            assert sorted(kinds_said(ticket)) == sorted(set(kinds_said(ticket)))
            assert len([name for name, _ in said(ticket) if name == "sla.breached"]) == 3

    def test_the_watch_and_an_answer(self) -> None:
        world = make_sla_world()
        tickets = [make_ticket(world.ana, at=MONDAY, severity=Severity.P2) for _ in range(12)]
        late = MONDAY + hours(2)
        at_once(
            *[lambda: drain(late)] * 2,
            *[
                lambda own=own: [make_reply(t, world.ari, at=late) for t in own]
                for own in (tickets[:6], tickets[6:])
            ],
        )
        drain(late)
        for ticket in tickets:
            first = the_clock(ticket, FIRST)
            assert (first.met_at, first.breached_at) == (late, MONDAY + hours(1))
            assert kinds_said(ticket).count(("sla.breached", FIRST)) == 1

    def test_two_answers(self) -> None:
        world = make_sla_world()
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        at_once(
            lambda: make_reply(ticket, world.ari, at=MONDAY + 5 * MINUTE),
            lambda: make_reply(ticket, world.eve, at=MONDAY + 6 * MINUTE),
        )
        numbers = [row.number for row in rows_of(ticket)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len([row for row in rows_of(ticket) if row.kind == FIRST]) == 1
        running = [row for row in rows_of(ticket) if row.kind == ClockKind.UPDATE and not row.met_at]
        assert len(running) == 1


def drain(now: datetime) -> None:
    while run_due(now, 3):
        pass


def at_once(*works: Any) -> None:
    failures: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
