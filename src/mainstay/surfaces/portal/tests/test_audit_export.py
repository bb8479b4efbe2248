"""The audit log as a file (PPL-11), and that staff looked at a customer's data (OPS-10)."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.events.models import Event
from mainstay.core.events.queries import EventFilter
from mainstay.core.house.current import keep
from mainstay.core.wall.scope import sweep
from mainstay.people.staff.looking import GRAIN, note_look
from mainstay.people.tenants.actions import change_profile
from mainstay.people.tenants.tests.make import World, acting_as, actor_of, make_world, sign_in
from mainstay.support.tickets.tests.make import make_ticket
from mainstay.surfaces.portal.audit_export import PIECE, as_jsonl, pieces_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def events(name: str) -> list[Event]:
    with sweep("demo"):
        return list(Event.objects.filter(name=name).order_by("n"))


def change_titles(world: World, count: int) -> None:
    with acting_as(world.ana) as ana:
        for n in range(count):
            change_profile(ana, world.felix.id, {"title": f"t{n}"}, at=clock.now())


def test_all_of_it_in_both_formats(client: Client, world: World) -> None:
    change_titles(world, 7)
    sign_in(client, world.ana)
    answer = client.get("/support/audit.csv", REMOTE_ADDR="192.0.2.7", headers={"X-Request-ID": "r1"})
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    lines = client.get("/support/audit.jsonl").getvalue().decode().splitlines()
    told = [json.loads(line) for line in lines]
    assert [row["event"] for row in rows] == ["audit.exported", *["member.profile_changed"] * 7]
    assert [row["event"] for row in told] == ["audit.exported", *[row["event"] for row in rows]]
    exported = told[1]
    assert (exported["who"], exported["ip"], exported["door"]) == ("Ana", "192.0.2.7", "web")
    assert exported["request_id"]
    assert exported["what"] == "Ana downloaded the audit log as csv"
    assert set(rows[0]) == set(told[0]) >= {"cause", "subject", "subject_id", "at", "tenant_id", "who_id"}


def test_more_than_one_piece_and_each_once(world: World) -> None:
    change_titles(world, 7)
    pieces = [[row.n for row in rows] for rows in pieces_of(actor_of(world.ana), EventFilter(), size=3)]
    assert [len(rows) for rows in pieces] == [3, 3, 1]
    numbers = [n for rows in pieces for n in rows]
    assert numbers == sorted(set(numbers), reverse=True)
    assert PIECE > 3


def test_what_happens_meanwhile_is_left_out(world: World) -> None:
    change_titles(world, 4)
    pieces = pieces_of(actor_of(world.ana), EventFilter(), size=2)
    first = next(pieces)
    change_titles(world, 4)
    rest = [row for rows in pieces for row in rows]
    assert max(row.n for row in rest) < min(row.n for row in first)


@pytest.mark.parametrize(
    "query", ["event=member.profile_changed", "who={ana}", "subject={felix}", "kind=member"]
)
def test_with_the_pages_filters(client: Client, world: World, query: str) -> None:
    change_titles(world, 2)
    with acting_as(world.gus) as gus:
        change_profile(gus, world.gus.id, {"title": "Boss"}, at=clock.now())
    query = query.format(ana=world.ana.id, felix=world.felix.id)
    lines = sign_in(client, world.ana).get(f"/support/audit.jsonl?{query}").getvalue().decode().splitlines()
    found = [json.loads(line) for line in lines]
    assert [row["event"] for row in found if row["event"] != "audit.exported"] == [
        "member.profile_changed"
    ] * 2


def test_formulas_are_text_in_csv_and_whole_in_json(client: Client, world: World) -> None:
    with acting_as(world.ana) as ana:
        change_profile(ana, world.ana.id, {"name": " =HYPERLINK(1)"}, at=clock.now())
        change_profile(ana, world.felix.id, {"name": "+1"}, at=clock.now())
    sign_in(client, world.ana)
    cells = {
        row["subject"]
        for row in csv.DictReader(io.StringIO(client.get("/support/audit.csv").getvalue().decode()))
    }
    assert cells == {"'=HYPERLINK(1)", "'+1"}
    assert '"+1"' in client.get("/support/audit.jsonl").getvalue().decode()


@pytest.mark.parametrize(("who", "path", "status"), [
    ("felix", "/support/audit.jsonl", 403), ("ari", "/desk/audit.csv", 403), ("ana", "/support/audit.xml", 404),
    ("max", "/support/audit.csv", 404), ("ana", "/desk/audit.jsonl", 404),
])  # fmt: skip
def test_who_gets_none(client: Client, world: World, who: str, path: str, status: int) -> None:
    assert sign_in(client, {**world.members, **world.staff}[who]).get(path).status_code == status
    assert events("audit.exported") == []


def test_staff_of_another_side_see_no_more_than_before(world: World) -> None:
    change_titles(world, 1)
    told = "".join(as_jsonl(pieces_of(actor_of(world.gus), EventFilter())))
    assert "profile_changed" not in told


# Staff who look


@pytest.mark.parametrize("page", ["ticket", "customer", "person", "personal"])
def test_a_look_is_written_down_once(client: Client, world: World, page: str) -> None:
    ticket = make_ticket(world.felix)
    path = {
        "ticket": reverse("desk_ticket", args=[ticket.number]),
        "customer": reverse("desk_customer", args=[world.acme.id]),
        "person": reverse("desk_person", args=[world.felix.id]),
        "personal": reverse("desk_personal", args=[world.felix.id]),
    }[page]
    sign_in(client, world.max)
    for _ in range(3):
        assert client.get(path).status_code == 200
    [look] = events("tenant.looked_at")
    assert (look.tenant_id, look.actor_id, look.data) == (
        world.acme.id,
        world.max.id,
        {"tenant_id": str(world.acme.id)},
    )
    sign_in(client, world.ari)
    client.get(reverse("desk_ticket", args=[ticket.number]))
    assert len(events("tenant.looked_at")) == 2


def test_the_queue_and_lists_are_no_look(client: Client, world: World) -> None:
    make_ticket(world.felix)
    sign_in(client, world.max)
    for path in ("/desk", "/desk/customers", "/desk/audit", "/desk/outbox"):
        assert client.get(path).status_code == 200
    assert events("tenant.looked_at") == []


def test_each_hour_again_and_for_each_customer(world: World) -> None:
    at = clock.now()
    for minutes, tenant in (
        (0, world.acme),
        (59, world.acme),
        (59, world.globex),
        (60, world.acme),
        (61, world.acme),
    ):
        with acting_as(world.ari) as ari:
            note_look(ari, tenant.id, at=at + timedelta(minutes=minutes))
    assert [e.at - at for e in events("tenant.looked_at")] == [timedelta(), timedelta(minutes=59), GRAIN]


def test_owners_read_it_under_the_public_name(client: Client, world: World) -> None:
    with sweep("demo"):
        type(world.ari).objects.filter(id=world.ari.id).update(public_name="Ari of support")
    look(world, actor_of(world.ari))
    page = sign_in(client, world.ana).get("/support/audit").content.decode()
    assert "Ari of support looked at this customer" in page
    assert "looked at" not in sign_in(Client(), world.gus).get("/support/audit").content.decode()


def test_the_operator_may_keep_it_to_itself(client: Client, world: World) -> None:
    keep({"show_staff_access": "no"})
    look(world, actor_of(world.ari))
    assert "looked at" not in sign_in(client, world.ana).get("/support/audit").content.decode()
    keep({"show_staff_access": "no"})
    assert "looked at" in sign_in(Client(), world.max).get("/desk/audit").content.decode()


def look(world: World, actor: Actor) -> None:
    with acting_as(world.ari):
        note_look(actor, world.acme.id, at=clock.now())


def test_it_costs_one_statement(world: World, django_assert_num_queries) -> None:
    look(world, actor_of(world.ari))
    with acting_as(world.ari) as ari, django_assert_num_queries(1):
        note_look(ari, world.acme.id, at=clock.now())
