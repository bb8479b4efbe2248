"""The agents' queue: what it shows, what it costs, who may see it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mainstay.core.actor import Role
from mainstay.core.clock import now
from mainstay.core.errors import Invalid
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.tests.make import (
    World,
    acting_as,
    builders_scope,
    make_staff,
    make_user,
    sign_in,
)
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.actions import assign_ticket, change_status
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Severity, Source, Status
from mainstay.support.tickets.tests.make import make_reply, make_ticket
from mainstay.surfaces.desk.queries.queue import queue_rows
from mainstay.surfaces.desk.rules import Queue, View, view_from

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_sla_world()


@pytest.fixture
def desk(client: Client, world: World) -> Client:
    return sign_in(client, world.ari)


def statements(client: Client, address: str, **headers: str) -> list[str]:
    """Without the test's own savepoints and the giving back of the role, which a real request does not do."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, headers=headers).status_code == 200
    ours = r"(RELEASE |ROLLBACK TO )?SAVEPOINT|SET LOCAL ROLE \w+_app\b"
    return [q["sql"] for q in captured.captured_queries if not re.match(ours, q["sql"])]


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'id="open-(\d+)"', text)]


def shown(client: Client, address: str) -> list[int]:
    return numbers(client.get(address).content.decode())


@pytest.mark.parametrize("count", [3, 60])
def test_a_page_costs_eight_statements_whatever_it_holds(desk: Client, world: World, count: int) -> None:
    at = now()
    for place in range(count):
        make_ticket(world.ana if place % 2 else world.gus, at=at - timedelta(minutes=place))
    desk.get("/desk")
    made = statements(desk, "/desk")
    assert len(made) <= 8, "\n".join(made)
    listed = "-".join(map(str, shown(desk, "/desk")))
    made = statements(desk, f"/desk?shown={listed}", hx_request="true")
    assert len(made) <= 8, "\n".join(made)


def test_a_row_shows_number_subject_customer_severity_promise_and_assignee(
    desk: Client, world: World
) -> None:
    ticket = make_ticket(world.ana, "Pumps stand still", at=now(), severity=Severity.P1)
    with acting_as(world.ari) as actor:
        assign_ticket(actor, ticket.id, world.eve.id, at=now())
    text = desk.get("/desk").content.decode()
    for part in (
        str(ticket.number),
        "Pumps stand still",
        "Acme",
        "Enterprise",
        "System down",
        "Eve",
        "data-due=",
    ):
        assert part in text


def test_every_standing_queue_holds_what_its_name_says(desk: Client, world: World) -> None:
    at = now()
    mine, loose, waiting, solved, late = (make_ticket(world.ana, at=at) for _ in range(5))
    proposed = make_ticket(world.gus, at=at, severity=Severity.P1, source=Source.EMAIL)
    with acting_as(world.ari) as actor:
        assign_ticket(actor, mine.id, world.ari.id, at=at)
        change_status(actor, waiting.id, Status.WAITING, at=at)
        change_status(actor, solved.id, Status.RESOLVED, at=at)
    with builders_scope():
        Ticket.objects.exclude(id=late.id).update(next_due_at=at + timedelta(days=2))
        Ticket.objects.filter(id=late.id).update(next_due_at=at - timedelta(minutes=1))
        Ticket.objects.filter(id=loose.id).update(next_due_at=at + timedelta(hours=3))
    expected = {
        "mine": {mine},
        "unassigned": {loose, waiting, late, proposed},
        "open": {mine, loose, waiting, late, proposed},
        "due-soon": {loose},
        "breached": {late},
        "waiting": {waiting},
        "proposed": {proposed},
        "resolved": {solved},
    }
    for name, tickets in expected.items():
        text = desk.get(f"/desk?queue={name}").content.decode()
        assert set(numbers(text)) == {t.number for t in tickets}, name
        tabs = text[text.index('class="tabs"') :]
        current = re.search(r'aria-current="page".*?<span class="count">(\d+)</span>', tabs, re.S)
        assert current is not None
        assert int(current[1]) == len(tickets), name


@pytest.mark.parametrize("sort", ["due", "recent", "newest"])
def test_turning_the_pages_meets_every_ticket_once(world: World, sort: str) -> None:
    at = now()
    made = [make_ticket(world.ana, at=at - timedelta(minutes=n % 4)) for n in range(11)]
    with builders_scope():
        for place, ticket in enumerate(made):
            due = None if place % 3 == 0 else at + timedelta(hours=place % 4)
            Ticket.objects.filter(id=ticket.id).update(next_due_at=due)
    met: list[Ticket] = []
    after = ""
    with acting_as(world.ari) as actor:
        while True:
            page = queue_rows(actor, View(sort=sort, after=after), now=at, size=2)
            met += [row.ticket for row in page.rows]
            if page.next_cursor is None:
                break
            after = page.next_cursor
    assert sorted(t.number for t in met) == sorted(t.number for t in made)
    if sort == "due":
        dues = [t.next_due_at for t in met]
        assert dues == sorted(dues, key=lambda due: (due is None, due or at))


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ("severity=P2", {"second"}),
        ("customer=globex", {"third"}),
        ("channel=email", {"third"}),
        ("category=billing", {"first"}),
        ("assignee=none", {"first", "second"}),
        ("assignee=me", {"third"}),
        ("plan=starter", {"third"}),
        ("status=in_progress", {"second"}),
        ("severity=P2&customer=globex", set()),
    ],
)
def test_filters_live_in_the_address(desk: Client, world: World, query: str, who: set[str]) -> None:
    at = now()
    made = {
        "first": make_ticket(world.ana, category="billing", at=at),
        "second": make_ticket(world.ana, severity=Severity.P2, at=at),
        "third": make_ticket(world.gus, source=Source.EMAIL, at=at),
    }
    with acting_as(world.ari) as actor:
        assign_ticket(actor, made["third"].id, world.ari.id, at=at)
        change_status(actor, made["second"].id, Status.IN_PROGRESS, at=at)
    assert set(shown(desk, f"/desk?{query}")) == {made[name].number for name in who}


@pytest.mark.parametrize(
    "query", ["status=lost", "severity=P9", "sort=up", "queue=all", "assignee=bob", "after=x"]
)
def test_a_wrong_filter_is_said_instead_of_being_left_out(desk: Client, query: str) -> None:
    assert desk.get(f"/desk?{query}").status_code == 422
    name = query.partition("=")[0]
    if name != "after":
        with pytest.raises(Invalid) as wrong:
            view_from(dict([query.split("=")]))
        assert name in wrong.value.fields


def test_a_customer_is_found_by_the_beginning_of_the_name(desk: Client) -> None:
    text = desk.get("/desk?who=ac").content.decode()
    assert "customer=acme" in text
    assert "customer=globex" not in text
    assert "No customer" in desk.get("/desk?who=zzz").content.decode()


def test_a_hint_renews_rows_where_they_are_and_announces_new_ones(desk: Client, world: World) -> None:
    at = now()
    first, second = make_ticket(world.ana, at=at), make_ticket(world.gus, at=at)
    with builders_scope():
        Ticket.objects.filter(id=first.id).update(next_due_at=at + timedelta(hours=1))
        Ticket.objects.filter(id=second.id).update(next_due_at=at + timedelta(hours=2))
    assert shown(desk, "/desk") == [first.number, second.number]
    urgent = make_ticket(world.ana, at=at, severity=Severity.P1)
    with acting_as(world.ari) as actor:
        change_status(actor, first.id, Status.RESOLVED, at=at)
    with builders_scope():
        Ticket.objects.filter(id=second.id).update(next_due_at=at)
    text = desk.get(f"/desk?shown={first.number}-{second.number}").content.decode()
    assert numbers(text) == [first.number, second.number]
    assert "1 new ticket" in text
    assert text.count("left this queue") == 1
    assert str(urgent.number) not in numbers(text)


def test_taking_a_ticket_by_script_and_without(desk: Client, world: World) -> None:
    first, second = make_ticket(world.ana), make_ticket(world.ana)
    answer = desk.post("/desk/take", {"number": first.number}, headers={"hx-request": "true"})
    assert "Ari" in answer.content.decode()
    assert answer.content.decode().lstrip().startswith("<tr")
    answer = desk.post("/desk/take", {"number": second.number, "next": "/desk?queue=unassigned"})
    assert answer["Location"] == "/desk?queue=unassigned"
    assert set(shown(desk, "/desk?queue=mine")) == {first.number, second.number}
    elsewhere = desk.post("/desk/take", {"number": second.number, "next": "https://elsewhere.example/"})
    assert elsewhere["Location"] == "/desk"


def colleague(name: str, role: Role) -> Staff:
    with builders_scope():
        person = make_staff(name, role)
    make_user(person)
    return person


@pytest.mark.parametrize(
    ("role", "takes", "opens"),
    [
        (Role.AGENT, True, True),
        (Role.ENGINEER, True, True),
        (Role.SUPPORT_MANAGER, True, True),
        (Role.CSM, False, True),
        (Role.EXECUTIVE, False, False),
        (Role.PRODUCT, False, False),
    ],
)
def test_actions_appear_for_whom_they_are(
    client: Client, world: World, role: Role, takes: bool, opens: bool
) -> None:
    ticket = make_ticket(world.ana)
    sign_in(client, colleague("Jo", role))
    text = client.get("/desk").content.decode()
    assert ('data-key="a"' in text) is takes
    assert ("/desk/tickets/new" in text) is opens
    assert client.post("/desk/take", {"number": ticket.number}).status_code == (302 if takes else 403)
    assert client.get("/desk/tickets/new").status_code == (200 if opens else 403)


@pytest.mark.parametrize("name", ["ana", "felix", "clara", "gus"])
def test_customers_find_no_desk(client: Client, world: World, name: str) -> None:
    make_ticket(world.ana)
    sign_in(client, world.members[name])
    assert client.get("/desk").status_code == 404
    assert client.post("/desk/take", {"number": 1000}).status_code == 404


def test_strangers_are_sent_to_sign_in(client: Client, world: World) -> None:
    answer = client.get("/desk?queue=mine")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in?next=%2Fdesk")


def test_a_number_leads_to_its_ticket(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    assert desk.get(f"/desk/find?number=%23{ticket.number}")["Location"] == f"/desk/tickets/{ticket.number}"
    assert desk.get("/desk/find?number=99999999").status_code == 404
    assert "number" in desk.get("/desk/find?number=abc", follow=True).content.decode()


def test_an_empty_queue_teaches(desk: Client) -> None:
    assert "A mail to your support address" in desk.get("/desk").content.decode()
    assert "Tickets that you take" in desk.get("/desk?queue=mine").content.decode()


def test_the_desk_speaks_spanish(client: Client, world: World) -> None:
    make_reply(make_ticket(world.ana), world.ari, then_status=Status.WAITING)
    with builders_scope():
        Staff.objects.filter(id=world.ari.id).update(language="es")
    sign_in(client, world.ari)
    text = client.get("/desk?queue=waiting").content.decode()
    assert "Sin asignar" in text
    assert "Unassigned" not in text


def test_every_queue_has_words_and_a_key() -> None:
    from mainstay.surfaces.desk.rules import QUEUE_KEYS, QUEUE_WORDS

    assert set(QUEUE_WORDS) == set(QUEUE_KEYS) == set(Queue)
    assert len(set(QUEUE_KEYS.values())) == len(Queue)


def test_a_customer_that_does_not_exist_has_no_tickets(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    assert shown(desk, "/desk?customer=nobody") == []
    text = desk.get(f"/desk?customer=nobody&shown={ticket.number}").content.decode()
    assert "left this queue" in text


def test_no_two_keys_of_the_desk_mean_the_same(desk: Client, client: Client, world: World) -> None:
    make_ticket(world.ana)
    sign_in(client, world.max)
    text = client.get("/desk?queue=proposed").content.decode() + client.get("/desk").content.decode()
    meant: dict[str, set[str]] = {}
    for tag in re.findall(r"<(?:a|button|input)[^>]* data-key=\"[^>]*>", text):
        key = re.search(r' data-key="([^"]*)"', tag)
        where = re.search(r' (?:href|data-row-key|id)="([^"]*)"', tag)
        assert key is not None
        meant.setdefault(key[1], set()).add(where[1] if where else tag)
    assert {key: where for key, where in meant.items() if len(where) > 1} == {}


@pytest.mark.parametrize("number", ["", "x", "٣", "-1", "9" * 5000])
def test_what_is_no_number_takes_no_ticket(desk: Client, number: str) -> None:
    assert desk.post("/desk/take", {"number": number}).status_code == 404
    assert desk.get("/desk", {"shown": f"1-{number}"}).status_code == 200


@pytest.mark.parametrize(
    "target", ["x", "desk_staff", "//evil.example/", "https://evil.example", "/\\evil.example"]
)
def test_a_change_goes_back_to_our_own_pages_only(desk: Client, world: World, target: str) -> None:
    page = f"/desk/tickets/{make_ticket(world.ana).number}"
    answer = desk.post(f"{page}/severity", {"severity": "P2", "next": target})
    assert (answer.status_code, answer["Location"]) == (302, page)
