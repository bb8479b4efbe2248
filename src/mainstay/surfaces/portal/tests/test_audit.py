"""The audit log (PPL-11): who did what, to which object, when, from where."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from django.db import DatabaseError
from django.test import Client

from mainstay.core import clock
from mainstay.core.actor import Origin
from mainstay.core.events.models import Event
from mainstay.core.events.types import event_types
from mainstay.core.wall.scope import scope
from mainstay.people.access.factors.changes import demand_factor
from mainstay.people.tenants.actions import assign_csm, change_profile, change_role
from mainstay.people.tenants.models import Tenant
from mainstay.people.tenants.tests.make import (
    World,
    acting_as,
    actor_of,
    builders_scope,
    make_world,
    sign_in,
)
from mainstay.surfaces.portal.audit import AREAS, SUBJECTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made, at = make_world(), clock.now()
    with acting_as(made.ana) as ana:
        change_role(ana, made.felix.id, "pm", at=at)
    with acting_as(made.max) as staff:
        assign_csm(staff, made.acme.id, made.cora.id, at=at)
    with acting_as(made.gus) as gus:
        change_profile(gus, made.gus.id, {"title": "Boss"}, at=at)
    return made


def test_the_customers_own(client: Client, world: World) -> None:
    page = sign_in(client, world.ana).get("/support/audit").content.decode()
    assert "Ana changed a role from Field user to Project manager" in page
    assert "Félix" in page
    assert "tenant.csm_changed" not in page, "the operator's own"
    assert "member.profile_changed" not in page, "of Globex"


def test_the_operators(client: Client, world: World) -> None:
    page = sign_in(client, world.max).get("/desk/audit").content.decode()
    assert "tenant.csm_changed" in page
    assert "Globex" in page


@pytest.mark.parametrize(("name", "path", "status"), [
    ("felix", "/support/audit", 403), ("clara", "/support/audit.csv", 403), ("ari", "/desk/audit", 403),
    ("ana", "/desk/audit", 404), ("max", "/support/audit", 404),
])  # fmt: skip
def test_who_may_not(client: Client, world: World, name: str, path: str, status: int) -> None:
    sign_in(client, {**world.members, **world.staff}[name])
    assert client.get(path).status_code == status


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("area=member", True),
        ("area=ticket", False),
        ("kind=member", True),
        ("kind=system", False),
        ("subject={felix}", True),
        ("subject={clara}", False),
        ("since=2020-01-01&until=2999-01-01", True),
        ("until=2020-01-01", False),
        ("event=member.role_changed", True),
        ("event=member.suspended", False),
        ("area=nonsense&since=99-99&until=9999-12-31&who=x", True),
    ],
)
def test_filters(client: Client, world: World, query: str, is_there: bool) -> None:
    sign_in(client, world.ana)
    query = query.format(felix=world.felix.id, clara=world.clara.id)
    assert ("member.role_changed" in client.get(f"/support/audit?{query}").content.decode()) is is_there


def test_other_tenants_by_address(client: Client, world: World) -> None:
    sign_in(client, world.gus)
    for query in (f"customer={world.acme.id}", f"subject={world.felix.id}", f"who={world.ana.id}"):
        assert b"role_changed" not in client.get(f"/support/audit?{query}").content


def test_csv_cannot_run_as_formula(client: Client, world: World) -> None:
    with acting_as(world.ana) as ana:
        change_profile(ana, world.ana.id, {"name": "=HYPERLINK(1)"}, at=clock.now())
    answer = sign_in(client, world.ana).get("/support/audit.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert {row["who"] for row in rows} == {"'=HYPERLINK(1)"}
    named = {"member.role_changed", "member.profile_changed", "audit.exported"}
    assert {row["event"] for row in rows} == named


def test_where_the_operators_people_sit_stays_theirs(client: Client, world: World) -> None:
    """Also where they look after somebody's sign-in."""
    with acting_as(world.max) as staff:
        staff = replace(staff, origin=Origin(door="web", ip="192.0.2.77"))
        demand_factor(staff, world.globex.id, is_demanded=True, at=clock.now())
    with builders_scope():
        Tenant.objects.update(requires_second_factor=False)
    page = sign_in(client, world.gus).get("/support/audit").content.decode()
    assert "demands a second factor" in page
    assert "192.0.2.77" not in page


def test_nobody_can_change_it(world: World) -> None:
    for person in (world.ana, world.max):
        with pytest.raises(DatabaseError), scope(actor_of(person)):
            Event.objects.update(name="nothing.happened")
        with pytest.raises(DatabaseError), scope(actor_of(person)):
            Event.objects.all().delete()


def test_pages_and_queries(client: Client, world: World, django_assert_max_num_queries) -> None:
    with acting_as(world.ana) as ana:
        for n in range(60):
            change_profile(ana, world.felix.id, {"title": f"t{n}"}, at=clock.now())
    sign_in(client, world.ana)
    with django_assert_max_num_queries(12):
        first = client.get("/support/audit").content.decode()
    assert first.count("<code>member.profile_changed") == 50
    assert 'rel="next"' in first


def test_every_event_is_about_something_that_has_a_word() -> None:
    kinds = {name: kind for name, kind in event_types().items() if not name.startswith("test.")}
    assert {name.partition(".")[0] for name in kinds} <= set(AREAS)
    assert {kind.subject_kind for kind in kinds.values()} <= set(SUBJECTS)
