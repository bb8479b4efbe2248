"""What people see: counters, previews, the matrix (SLA-5, PPL-3)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from mainstay.core.errors import Forbidden, NotFound
from mainstay.people.tenants.tests.make import World, acting_as
from mainstay.support.sla.labels import counter_of
from mainstay.support.sla.queries import (
    all_clocks,
    clocks_of,
    matrix_for,
    next_promise,
    promise_preview,
)
from mainstay.support.sla.rules import ClockKind, CounterState
from mainstay.support.sla.tests.make import MONDAY, hours, make_sla_world
from mainstay.support.tickets.actions import change_status
from mainstay.support.tickets.rules import Severity, Status
from mainstay.support.tickets.tests.make import make_reply, make_ticket

pytestmark = pytest.mark.django_db
FIRST, RESTORE, UPDATE = ClockKind.FIRST_RESPONSE, ClockKind.RESTORE, ClockKind.UPDATE


@pytest.fixture
def world() -> World:
    return make_sla_world()


class TestClocks:
    def test_a_page_of_fifty_is_one_query(self, world: World) -> None:
        tickets = [make_ticket(who, at=MONDAY) for who in (world.ana, world.gus) for _ in range(25)]
        with acting_as(world.ari) as ari, CaptureQueriesContext(connection) as seen:
            found = clocks_of(ari, tickets, MONDAY)
        assert len(seen) == 1
        assert all(found[ticket.id] for ticket in tickets)

    def test_the_most_pressing_first_and_best_effort_left_out(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        with acting_as(world.ana) as ana:
            shown = clocks_of(ana, [ticket], MONDAY + hours(2))[ticket.id]
            assert [clock.kind for clock in shown] == [FIRST, UPDATE, RESTORE]
            assert [clock.state for clock in shown] == ["breached", "due", "due"]
            nearest = next_promise(shown)
        assert nearest is not None
        assert nearest.clock.due_at == MONDAY + hours(1)

    def test_best_effort_shows_nothing(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=MONDAY, severity=Severity.P4)
        with acting_as(world.gus) as gus:
            assert clocks_of(gus, [ticket], MONDAY)[ticket.id] == ()
            assert next_promise(()) is None

    def test_a_goal_is_shown_apart_and_is_never_next(self, world: World) -> None:
        ticket = make_ticket(world.gus, at=MONDAY, severity=Severity.P1)
        make_reply(ticket, world.ari, at=MONDAY + timedelta(minutes=5))
        with acting_as(world.gus) as gus:
            shown = clocks_of(gus, [ticket], MONDAY + hours(9))[ticket.id]
        goal = next(clock for clock in shown if clock.kind is RESTORE)
        assert (goal.state, goal.is_pressing, goal.counter.is_late) == (CounterState.GOAL, False, True)
        nearest = next_promise(shown)
        assert nearest is not None
        assert nearest.kind is UPDATE

    def test_paused_and_met(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
        make_reply(ticket, world.ari, at=MONDAY + hours(2))
        with acting_as(world.ari) as ari:
            change_status(ari, ticket.id, Status.WAITING, at=MONDAY + hours(3))
            shown = {c.kind: c for c in clocks_of(ari, [ticket], MONDAY + hours(4))[ticket.id]}
        assert shown[RESTORE].counter.remaining == hours(5)
        words = {kind: counter_of(clock) for kind, clock in shown.items()}
        assert [words[kind].word for kind in (RESTORE, FIRST)] == ["paused", "kept late"]
        with translation.override("es"):
            late = counter_of(shown[FIRST])
        assert late is not None
        assert (late.label, late.word) == ("Primera respuesta", "cumplido tarde")

    def test_portal_users_never_see_the_operators_promises(self, world: World) -> None:
        ticket = make_ticket(world.clara, at=MONDAY)
        with acting_as(world.clara) as clara:
            assert clocks_of(clara, [ticket], MONDAY)[ticket.id] == ()
            assert all_clocks(clara, ticket, MONDAY) == ()
            with pytest.raises(Forbidden):
                promise_preview(clara, world.acme.id, MONDAY)
            with pytest.raises(Forbidden):
                matrix_for(clara, MONDAY)

    def test_nothing_of_another_customers(self, world: World) -> None:
        ticket = make_ticket(world.ana, at=MONDAY)
        with acting_as(world.gus) as gus:
            assert clocks_of(gus, [ticket], MONDAY)[ticket.id] == ()
            with pytest.raises(NotFound):
                promise_preview(gus, world.acme.id, MONDAY)
            with pytest.raises(NotFound):
                matrix_for(gus, MONDAY, world.acme.id)


class TestPreview:
    def test_is_what_the_ticket_then_gets(self, world: World) -> None:
        saturday = MONDAY + timedelta(days=5)
        for member in (world.ana, world.gus):
            with acting_as(member) as actor:
                previews = promise_preview(actor, member.tenant_id, saturday)
            for preview in previews:
                ticket = make_ticket(member, at=saturday, severity=Severity(preview.severity))
                with acting_as(world.ari) as ari:
                    clocks = {shown.kind: shown.clock for shown in all_clocks(ari, ticket, saturday)}
                promised = {kind: clock.due_at for kind, clock in clocks.items() if clock.due_at}
                expected = {one.kind: one.due_at for one in preview.expected if one.kind in clocks}
                assert promised == expected

    def test_says_the_plan_and_its_hours(self, world: World) -> None:
        with acting_as(world.felix) as felix, translation.override("es"):
            p3 = promise_preview(felix, world.acme.id, MONDAY)[2]
        assert p3.plan_name == "Corporativo"
        assert p3.first_response is not None
        assert p3.first_response.calendar_name == "De lunes a viernes, las 24 horas"
        html = render("sla/_expected.html", preview=p3, now=MONDAY)
        assert "in 4 h" in html

    def test_best_effort_is_said(self, world: World) -> None:
        with acting_as(world.gus) as gus:
            p4 = promise_preview(gus, world.globex.id, MONDAY)[3]
        assert p4.first_response is None
        assert "as soon as we can" in render("sla/_expected.html", preview=p4, now=MONDAY)


class TestMatrix:
    def test_marks_the_customers_plan(self, world: World) -> None:
        with acting_as(world.gus) as gus:
            view = matrix_for(gus, MONDAY)
        assert [plan.key for plan in view.plans if plan.is_own] == ["starter"]
        assert len(view.plans) == 5
        assert [code for code, _ in view.rows] == ["P1", "P2", "P3", "P4"]
        restore = view.rows[0][1][1].of(RESTORE)
        assert restore is not None
        assert restore.is_goal

    def test_is_spelled_out(self, world: World) -> None:
        with acting_as(world.max) as max_:
            view = matrix_for(max_, MONDAY)
            calendars = {card.key: render("sla/_calendar.html", card=card) for card in view.calendars}
        html = render("sla/_matrix.html", view=view)
        for words in ("First response", "15 min", "2 working days", "goal", "as soon as we can"):
            assert words in html
        assert "Your plan" not in html
        assert "09:00–17:00" in calendars["8x5"]
        assert "closed" in calendars["8x5"]

    def test_a_customers_own_hours_stand_in_its_column(self, world: World) -> None:
        with acting_as(world.max):
            world.globex.calendar_key = "24x7"
            world.globex.save(update_fields=["calendar_key"])
        with acting_as(world.gus) as gus:
            view = matrix_for(gus, MONDAY)
        assert {plan.key: plan.hours_key for plan in view.plans}["starter"] == "24x7"


def render(template: str, **context: object) -> str:
    return Template("{% include name %}").render(Context({"name": template, **context}))
