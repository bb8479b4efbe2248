"""The promises as JSON (TKT-12, SLA-5)."""

from typing import Any

import pytest
from django.test import Client

from mainstay.people.tenants.tests.make import World, operator_key, tenant_key
from mainstay.support.sla.tests.make import MONDAY, hours, make_sla_world
from mainstay.support.tickets.rules import Severity
from mainstay.support.tickets.tests.make import make_reply, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_sla_world()


def get(path: str, token: str, status: int = 200) -> Any:
    answer = Client().get(f"/api/v1/support{path}", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == status, answer.content
    return answer.json()


def test_tickets_carry_their_promises(world: World) -> None:
    ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
    make_reply(ticket, world.ari, at=MONDAY + hours(2))
    key = tenant_key(world.acme)
    (listed,) = get("/tickets", key)["items"]
    single = get(f"/tickets/{ticket.id}", key)
    assert listed["sla"] == single["sla"]
    states = {promise["kind"]: promise for promise in listed["sla"]}
    assert states["first_response"]["state"] == "met"
    assert states["first_response"]["is_late"] is True
    assert states["restore"]["state"] == "breached"  # the test runs long after that Monday


def test_a_tickets_clocks_with_their_history(world: World) -> None:
    ticket = make_ticket(world.ana, at=MONDAY, severity=Severity.P2)
    for hour in (1, 2):
        make_reply(ticket, world.ari, at=MONDAY + hours(hour))
    found = get(f"/tickets/{ticket.id}/sla", tenant_key(world.acme))
    assert found["next"]["kind"] == "update"
    assert [one["kind"] for one in found["history"]].count("update") == 3
    assert {one["kind"] for one in found["clocks"]} == {"first_response", "restore", "update"}
    get(f"/tickets/{ticket.id}/sla", tenant_key(world.globex), status=404)
    get(f"/tickets/{ticket.id}/sla", tenant_key(world.acme, "people:read"), status=403)


def test_the_matrix(world: World) -> None:
    found = get("/sla", tenant_key(world.globex))
    own = next(plan for plan in found["plans"] if plan["is_own"])
    assert own["key"] == "starter"
    assert own["promises"]["P1"][2] == {
        "kind": "restore",
        "amount": "6 h",
        "measure": "business",
        "calendar": "24x7",
        "is_goal": True,
    }
    assert {calendar["key"] for calendar in found["calendars"]} == {"8x5", "24x5", "24x7"}
    assert not any(plan["is_own"] for plan in get("/sla", operator_key())["plans"])


def test_the_preview(world: World) -> None:
    found = get("/sla/preview", tenant_key(world.globex))
    assert found["plan"] == "starter"
    assert [one["severity"] for one in found["severities"]] == ["P1", "P2", "P3", "P4"]
    assert found["severities"][3]["first_response_at"] is None
    problem = get("/sla/preview", operator_key(), status=422)
    assert "tenant_id" in problem["fields"]
    assert get(f"/sla/preview?tenant_id={world.acme.id}", operator_key())["plan"] == "enterprise"
    get(f"/sla/preview?tenant_id={world.acme.id}", tenant_key(world.globex), status=422)
