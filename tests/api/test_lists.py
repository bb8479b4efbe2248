from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import World, operator_key, sign_in, tenant_key
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Severity, Status
from mainstay.support.tickets.tests.make import OPENED_AT, make_reply, make_ticket
from tests.api.cast import Call, with_key

T = "/support/tickets"


@pytest.fixture
def tickets(world: World) -> list[Ticket]:
    """Twelve, of which some fall due at the same moment and some never."""
    made = [make_ticket(world.ana, at=OPENED_AT + timedelta(minutes=n // 3)) for n in range(12)]
    with sweep("demo"):
        Ticket.objects.update(next_due_at=None)
        for n, ticket in enumerate(made[:8]):
            Ticket.objects.filter(id=ticket.id).update(next_due_at=OPENED_AT + timedelta(hours=n // 2))
    return made


def questions(captured: CaptureQueriesContext) -> int:
    """What was asked, the scope's own opening included; not what a test's outer transaction brings with it."""
    brought = ("SAVEPOINT", "RELEASE", "SET LOCAL ROLE mainstay_app")
    return sum(not query["sql"].startswith(brought) for query in captured.captured_queries)


def pages(client: Client, query: str) -> list[list[dict[str, Any]]]:
    found, cursor = [], ""
    for _ in range(30):
        answer = Call("GET", f"{T}?{query}{cursor}").send(client).json()
        found.append(answer["items"])
        if answer["next_cursor"] is None:
            return found
        cursor = f"&cursor={answer['next_cursor']}"
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 12, 100])
@pytest.mark.parametrize("sort", ["due", "recent", "opened", "number"])
def test_pages_hold_everything_once_in_order(tickets: list[Ticket], sort: str, limit: int) -> None:
    client = with_key(operator_key())
    found = [row for page in pages(client, f"sort={sort}&limit={limit}") for row in page]
    assert sorted(row["id"] for row in found) == sorted(str(t.id) for t in tickets)
    if sort == "due":
        order = [(row["next_due_at"] is None, row["next_due_at"], row["id"]) for row in found]
        assert order == sorted(order, key=lambda o: (o[0], o[1] or "", o[2]))
    else:
        name = {"recent": "last_message_at", "opened": "opened_at", "number": "number"}[sort]
        order = [(row[name], row["id"]) for row in found]
        assert order == sorted(order, reverse=True)


def test_what_comes_meanwhile_moves_nothing(tickets: list[Ticket], world: World) -> None:
    client = with_key(tenant_key(world.acme))
    first = Call("GET", f"{T}?sort=recent&limit=5").send(client).json()
    make_ticket(world.ana, at=OPENED_AT + timedelta(days=1))
    seen = [row["id"] for row in first["items"]]
    cursor = first["next_cursor"]
    while cursor:
        page = Call("GET", f"{T}?sort=recent&limit=5&cursor={cursor}").send(client).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(str(t.id) for t in tickets)


def test_filters(world: World) -> None:
    client = with_key(operator_key())
    a = make_ticket(world.ana, severity=Severity.P2, category="bug")
    b = make_ticket(world.felix)
    c = make_ticket(world.gus, category="billing")
    assign = Call("PUT", f"{T}/{a.id}/assignee", {"assignee_id": str(world.ari.id)})
    assert assign.send(client).json()["assignee"]["name"] == "Ari"
    assert Call("PUT", f"{T}/{b.id}/status", {"status": "resolved"}).send(client).status_code == 200
    expected = {
        "status=resolved": [b],
        "status=open&status=resolved": [a, b, c],
        "severity=P2": [a],
        "source=portal": [a, b, c],
        "source=email": [],
        "category=billing": [c],
        f"assignee={world.ari.id}": [a],
        "assignee=none": [b, c],
        "tenant=globex": [c],
        f"tenant={world.acme.id}": [a, b],
        f"requester={world.felix.id}": [b],
        "requester_email=GUS@globex.example": [c],
        f"number={a.number}": [a],
        "tenant=acme&status=open": [a],
    }
    for query, tickets in expected.items():
        rows = Call("GET", f"{T}?{query}").send(client).json()["items"]
        assert {row["id"] for row in rows} == {str(t.id) for t in tickets}, query
    ari = sign_in(Client(), world.ari)
    assert [row["id"] for row in Call("GET", f"{T}?assignee=me").send(ari).json()["items"]] == [str(a.id)]


def test_messages_by_pages(world: World) -> None:
    client = with_key(tenant_key(world.acme))
    ticket = make_ticket(world.ana)
    for n in range(6):
        make_reply(ticket, world.ari if n % 2 else world.ana, f"Number {n}")
    found, cursor = [], ""
    while True:
        page = Call("GET", f"{T}/{ticket.id}/messages?limit=3{cursor}").send(client).json()
        found += [message["body"] for message in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found[1:] == [f"Number {n}" for n in range(6)]
    whole = Call("GET", f"{T}/{ticket.id}").send(client).json()
    assert [message["body"] for message in whole["messages"]] == found
    assert whole["messages_cursor"] is None
    assert whole["message_count"] == 7


@pytest.mark.parametrize("who", ["key", "operator key", "ana", "ari"])
def test_a_list_costs_the_same_whatever_it_holds(world: World, who: str) -> None:
    clients = {
        "key": lambda: with_key(tenant_key(world.acme)),
        "operator key": lambda: with_key(operator_key()),
        "ana": lambda: sign_in(Client(), world.ana),
        "ari": lambda: sign_in(Client(), world.ari),
    }
    client = clients[who]()
    make_ticket(world.ana)
    Call("GET", f"{T}?status=open").send(client)  # what is built once is built
    counts = []
    for _ in range(2):
        for _ in range(10):
            make_ticket(world.ana)
        with CaptureQueriesContext(connection) as queries:
            assert Call("GET", f"{T}?status=open").send(client).status_code == 200
        counts.append(questions(queries))
    assert counts[0] == counts[1] <= 8


@pytest.mark.parametrize("limit", [5, 21])
def test_a_ticket_costs_the_same_however_long_it_is(world: World, limit: int) -> None:
    client = with_key(tenant_key(world.acme))
    ticket = make_ticket(world.ana)
    for _ in range(limit):
        make_reply(ticket, world.ari)
    Call("GET", f"{T}/{ticket.id}").send(client)
    with CaptureQueriesContext(connection) as queries:
        answer = Call("GET", f"{T}/{ticket.id}").send(client)
    assert len(answer.json()["messages"]) == limit + 1
    assert questions(queries) <= 8


def test_only_customers_statuses_for_customers(world: World) -> None:
    client, ticket = sign_in(Client(), world.ana), make_ticket(world.ana)
    for status in Status:
        answer = Call("PUT", f"{T}/{ticket.id}/status", {"status": status.value}).send(client)
        assert answer.status_code == (200 if status in (Status.OPEN, Status.RESOLVED) else 409), status
