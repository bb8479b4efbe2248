"""Shipped defaults never overwrite what the operator changed (PPL-2, SLA-1, SLA-2)."""

import pytest
from django.core.management import call_command

from mainstay.core.errors import Invalid
from mainstay.core.presets import Installed, Outcome, Shipped, install
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.actions import PLAN_PRESETS, install_plans
from mainstay.people.tenants.actions.plans import shipped_plans
from mainstay.people.tenants.models import Plan
from mainstay.people.tenants.tests.make import BEGINNING, acting_as, builders_scope, make_world
from mainstay.support.sla import models as tables
from mainstay.support.sla.actions import install_presets, save_calendar, save_matrix
from mainstay.support.sla.queries.book import current_book, matrix_of
from mainstay.support.sla.rules import ClockKind
from mainstay.support.sla.tests.make import MONDAY, hours, the_clock
from mainstay.support.tickets.tests.make import make_ticket

pytestmark = pytest.mark.django_db
WEEK = {"monday": ["10:00-12:00"]}
NAMES = {"en": "Ours", "es": "Nuestro"}


def run(preset: str = "standard") -> dict[tuple[str, str], Outcome]:
    with sweep("install_presets") as actor:
        done = install_presets(actor, preset, at=MONDAY)
    return {(item.kind, item.key): item.outcome for item in done}


@pytest.mark.parametrize("preset", PLAN_PRESETS)
def test_each_preset_fits_together(preset: str) -> None:
    assert set(run(preset).values()) == {Outcome.CREATED}
    with builders_scope():
        book = current_book()
        assert book is not None
        assert book.matrix is not None
        plans = {plan.key: plan for plan in Plan.objects.all()}
        assert set(plans) == set(book.matrix.rows)
        for plan in plans.values():
            assert plan.calendar_key in book.calendars
            assert set(plan.names) == {"en", "es"}
            assert book.terms(plan.key, plan.calendar_key, "P1")[ClockKind.FIRST_RESPONSE].amount > hours(0)
        live = tables.Matrix.objects.get(is_live=True)
        assert (live.key, live.preset, live.preset_version) == (preset, preset, 1)


def test_twice_changes_nothing_and_asks_for_no_recomputation() -> None:
    run()
    with builders_scope():
        version = tables.PolicyVersion.objects.get().version
    assert set(run().values()) == {Outcome.UNCHANGED}
    with builders_scope():
        assert tables.PolicyVersion.objects.get().version == version
        assert tables.Recomputation.objects.count() == 1


def test_what_the_operator_changed_stays() -> None:
    run()
    with sweep("demo") as actor:
        save_calendar(actor, "8x5", names=NAMES, zone="", weekly=WEEK, at=MONDAY)
        rows = tables.Matrix.objects.get(key="standard").rows
        rows["free"]["P4"] = {"first_response": "5 days"}
        save_matrix(actor, "standard", names=NAMES, rows=rows, at=MONDAY)
        Plan.objects.filter(key="free").update(trial_days=30)
    done = run()
    kept = {key for key, outcome in done.items() if outcome is Outcome.KEPT}
    assert kept == {("calendar", "8x5"), ("matrix", "standard"), ("plan", "free")}
    with builders_scope():
        assert tables.Calendar.objects.get(key="8x5").weekly == WEEK
        assert Plan.objects.get(key="free").trial_days == 30


def test_a_newer_version_replaces_what_nobody_changed() -> None:
    run()
    newer = [Shipped(plan.key, 2, {**plan.values, "trial_days": 21}) for plan in shipped_plans("standard")]
    with sweep("demo"):
        Plan.objects.filter(key="free").update(rank=7)
        done = install(Plan, newer, preset="standard")
        assert {item.outcome for item in done if item.key != "free"} == {Outcome.UPDATED}
        assert Plan.objects.get(key="business").trial_days == 21
        assert (Plan.objects.get(key="free").trial_days, Plan.objects.get(key="free").rank) == (14, 7)
        again: list[Installed] = install(Plan, newer, preset="standard")
        assert Outcome.UPDATED not in {item.outcome for item in again}


def test_another_presets_plan_of_the_same_key_stays() -> None:
    run("standard")
    done = run("three-tier")
    assert done["plan", "starter"] is Outcome.KEPT
    assert done["plan", "pro"] is Outcome.CREATED


def test_an_unknown_preset_is_named() -> None:
    with sweep("demo") as actor, pytest.raises(Invalid) as wrong:
        install_plans(actor, "gold")
    assert "standard" in str(wrong.value.fields["preset"][0])


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("install_presets", preset="four-step")
    assert "created    plan      growth" in capsys.readouterr().out
    # At each start, without a name: no plans of another preset beside those in use.
    call_command("install_presets", verbosity=0)
    assert capsys.readouterr().out == ""
    with builders_scope():
        assert not Plan.objects.filter(key="free").exists()


def test_nothing_installed_promises_nothing() -> None:
    world = make_world()
    ticket = make_ticket(world.ana, at=MONDAY)
    with builders_scope():
        assert not tables.Clock.objects.filter(ticket_id=ticket.id).exists()


def test_a_plan_that_the_matrix_does_not_know_is_best_effort() -> None:
    run("standard")
    world = make_world()
    with sweep("demo"):
        Plan.objects.filter(key="enterprise").update(key="gold")
    assert the_clock(make_ticket(world.ana, at=MONDAY), ClockKind.FIRST_RESPONSE).amount is None


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ({"free": {"P5": {}}}, "rows.free.P5"),
        ({"free": {"P1": {"restore": "two hours"}}}, "rows.free.P1.restore"),
        ({"free": {"P1": {"restore": {"amount": "2 h", "calendar": "moon"}}}}, "rows.free.P1.restore"),
    ],
)
def test_a_wrong_matrix_names_the_place(rows: dict, place: str) -> None:
    run()
    world = make_world()
    with acting_as(world.max) as max_, pytest.raises(Invalid) as wrong:
        save_matrix(max_, "ours", names=NAMES, rows=rows, at=BEGINNING)
    assert set(wrong.value.fields) == {place}


def test_shipped_matrices_read_back_as_written() -> None:
    run()
    with builders_scope():
        matrix = matrix_of(tables.Matrix.objects.get(key="standard"))
    assert [str(p.amount) for p in matrix.rows["enterprise"]["P1"]] == ["15 min", "15 min", "2 h", "1 h"]
