"""Of a ticket, people of the customer's own portal learn nothing of the operator's promises (PPL-5)."""

import pytest
from django.test import Client

from mainstay.people.tenants.tests.make import World, sign_in
from mainstay.support.tickets.tests.make import make_ticket

TICKETS = "/api/v1/support/tickets"


@pytest.mark.parametrize(("who", "is_told"), [("ana", True), ("felix", True), ("clara", False)])
def test_when_it_is_due(who: str, is_told: bool, promises: None, world: World, client: Client) -> None:
    ticket = make_ticket(world.members[who])
    sign_in(client, world.members[who])
    one = client.get(f"{TICKETS}/{ticket.id}").json()
    (listed,) = client.get(TICKETS).json()["items"]
    for shown in (one, listed):
        assert (shown["next_due_at"] is not None, bool(shown["sla"])) == (is_told, is_told)
    assert client.get(f"{TICKETS}/{ticket.id}/sla").status_code == (200 if is_told else 403)
    by_due = client.get(TICKETS, {"sort": "due"})
    assert by_due.status_code == (200 if is_told else 422)
    assert is_told or [*by_due.json()["fields"]] == ["sort"]


@pytest.mark.parametrize(("who", "plan", "status"), [("ana", "enterprise", 200), ("clara", None, 403)])
def test_what_the_customer_has_bought(
    who: str, plan: str | None, status: int, world: World, client: Client
) -> None:
    sign_in(client, world.members[who])
    assert client.get("/api/v1/me").json()["tenant"]["plan"] == plan
    assert client.get("/api/v1/plans").status_code == status
