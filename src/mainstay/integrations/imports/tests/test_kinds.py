"""Customers and ticket history: what a row means beside what is there, and what it starts (PPL-12, PPL-1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from mainstay.core.events.models import Event
from mainstay.integrations.imports.rules import Kind, State
from mainstay.integrations.imports.tests.make import NOW, applied, checked, faults, fresh, table, upload
from mainstay.people.tenants.models import Member, Tenant
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.actions import NewMessage, change_status, reply_to_ticket
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.rules import Source, Status

pytestmark = pytest.mark.django_db

CUSTOMER_HEAD = (
    "slug",
    "name",
    "plan",
    "owner_email",
    "mrr",
    "contract_start_on",
    "contract_end_on",
    "csm",
    "Sector code",
)
HISTORY_HEAD = (
    "ticket", "customer", "requester", "subject", "status", "severity", "opened_at", "message_at", "author",
    "internal", "body",
)  # fmt: skip


@pytest.fixture
def world() -> World:
    return make_sla_world()


def customers(*lines: tuple[str, ...]) -> str:
    return table(CUSTOMER_HEAD, lines)


def tenant(slug: str) -> Tenant:
    with builders_scope():
        return Tenant.objects.select_related("plan").get(slug=slug)


INDIGO = (
    "indigo", "Índigo Obras", "business", "Rosa@indigo.example", "1,250.50", "2026-01-01", "31/12/2026",
    "cora@mainstay.example", "F41",
)  # fmt: skip
MAPPED = [*CUSTOMER_HEAD[:-1], "attribute:Sector code"]


class TestCustomers:
    def test_a_new_customer_comes_with_its_owner(self, world: World) -> None:
        applied(world.max, Kind.CUSTOMERS, customers(INDIGO), mapping=MAPPED)
        indigo = tenant("indigo")
        assert (indigo.name, indigo.plan.key, indigo.mrr) == ("Índigo Obras", "business", Decimal("1250.50"))
        assert (indigo.contract_start_on, indigo.contract_end_on) == (date(2026, 1, 1), date(2026, 12, 31))
        assert (indigo.csm_id, indigo.attributes) == (world.cora.id, {"Sector code": "F41"})
        with builders_scope():
            owner = Member.objects.get(tenant=indigo)
            names = set(Event.objects.filter(tenant=indigo).values_list("name", flat=True))
        assert (owner.email, owner.role, owner.state) == ("rosa@indigo.example", "owner", "invited")
        assert names == {"tenant.created", "member.added"}

    def test_what_is_known_is_changed_where_the_file_says_otherwise(self, world: World) -> None:
        line = ("acme", "", "business", "", "", "", "", "", "A1")
        run = applied(world.max, Kind.CUSTOMERS, customers(line), mapping=MAPPED)
        assert run.counts["changed"] == 1
        acme = tenant("acme")
        assert (acme.name, acme.plan.key, acme.attributes) == ("Acme", "business", {"Sector code": "A1"})
        with builders_scope():
            names = set(Event.objects.filter(tenant=acme, door="import").values_list("name", flat=True))
        assert names == {"tenant.plan_changed", "tenant.details_changed"}
        again = checked(world.max, Kind.CUSTOMERS, customers(line), mapping=MAPPED)
        assert again.counts["unchanged"] == 1

    def test_without_short_names_they_are_made_of_the_names(self, world: World) -> None:
        content = table(
            ("Company", "Plan", "Email"),
            [("Índigo Obras", "business", "a@b.example"), ("INDIGO obras", "free", "c@d.example")],
        )
        assert faults(checked(world.max, Kind.CUSTOMERS, content)) == {3: [("", "duplicate")]}

    def test_what_is_wrong_with_customers(self, world: World) -> None:
        def line(**other: str) -> tuple[str, ...]:
            return tuple({**dict(zip(CUSTOMER_HEAD, INDIGO, strict=True)), **other}.values())

        run = checked(
            world.max,
            Kind.CUSTOMERS,
            customers(
                line(slug="a1", plan="gold"),
                line(slug="a2", name="", owner_email=""),
                line(slug="a3", csm="ari@mainstay.example"),
                line(slug="a4", contract_end_on="2025-12-31"),
                line(slug="a5", contract_end_on="03/04/2026"),
                line(slug="a6", mrr="1.250"),
                line(slug="a7", mrr="-1"),
                line(slug="A 8"),
                line(slug="", name=""),
            ),
        )
        assert faults(run) == {
            2: [("plan", "plan_unknown")],
            3: [("name", "missing_for_new"), ("owner_email", "missing_for_new")],
            4: [("csm", "staff_unknown")],
            5: [("contract_end_on", "contract_backwards")],
            6: [("contract_end_on", "ambiguous_date")],
            7: [("mrr", "ambiguous_number")],
            8: [("mrr", "negative")],
            9: [("slug", "not_a_slug")],
            10: [("slug", "missing"), ("name", "missing_for_new")],
        }
        asked = checked(
            world.max, Kind.CUSTOMERS, customers(line(contract_end_on="03/04/2026")), date_order="dmy"
        )
        assert faults(asked) == {}


def history(*lines: tuple[str, ...]) -> str:
    return table(HISTORY_HEAD, lines)


OLD = (
    (
        "T1",
        "acme",
        "felix@acme.example",
        "The export",
        "closed",
        "P1",
        "",
        "2024-03-14 09:12",
        "",
        "",
        "Empty!",
    ),
    ("T1", "", "", "", "", "", "", "2024-03-14 10:02", "ari@mainstay.example", "", "We look."),
    ("T1", "", "", "", "", "", "", "2024-03-14 10:01", "agent", "yes", "He is cross."),
    ("T2", "Globex", "gus@globex.example", "Log-in", "open", "P2", "", "2025-01-01", "customer", "", "Help"),
)


class TestHistory:
    def test_tickets_with_their_messages_in_order(self, world: World) -> None:
        run = applied(world.max, Kind.HISTORY, history(*OLD), zone="UTC")
        assert run.state == State.APPLIED
        with builders_scope():
            one = Ticket.objects.get(external_ids={"import": "T1"})
            two = Ticket.objects.get(external_ids={"import": "T2"})
            said = list(Message.objects.filter(ticket=one).order_by("created_at"))
        at = datetime(2024, 3, 14, 9, 12, tzinfo=UTC)
        assert (one.tenant_id, one.requester_id, one.subject) == (world.acme.id, world.felix.id, "The export")
        assert (one.opened_at, one.first_response_at) == (at, at + timedelta(minutes=50))
        assert (one.status, one.closed_at, one.message_count) == ("closed", at + timedelta(minutes=50), 2)
        assert [(m.sender, m.visibility, m.body) for m in said] == [
            ("customer", "all", "Empty!"),
            ("agent", "operator", "He is cross."),
            ("agent", "all", "We look."),
        ]
        assert (said[0].member_id, said[1].staff_id, said[2].staff_id) == (world.felix.id, None, world.ari.id)
        assert (two.tenant_id, two.status, two.closed_at) == (world.globex.id, "open", None)

    def test_an_open_one_can_be_worked_on(self, world: World) -> None:
        applied(world.max, Kind.HISTORY, history(*OLD))
        with builders_scope():
            two = Ticket.objects.get(external_ids={"import": "T2"})
        with acting_as(world.ari) as actor:
            reply_to_ticket(actor, two.id, NewMessage(body="At last.", source=Source.PORTAL), at=NOW)
            change_status(actor, two.id, Status.RESOLVED, at=NOW)
        with builders_scope():
            assert Ticket.objects.get(id=two.id).status == "resolved"

    def test_again_the_same_file_makes_no_second_ticket(self, world: World) -> None:
        applied(world.max, Kind.HISTORY, history(*OLD))
        run = checked(world.max, Kind.HISTORY, history(*OLD))
        assert run.counts == {"new": 0, "changed": 0, "unchanged": 4, "wrong": 0}

    def test_what_is_wrong_with_history(self, world: World) -> None:
        run = checked(
            world.max,
            Kind.HISTORY,
            history(
                ("A", "acme", "gus@globex.example", "S", "", "", "", "2024-01-01", "agent", "", "x"),
                ("B", "acme", "felix@acme.example", "", "lost", "", "", "2024-01-01", "", "", "x"),
                ("C", "acme", "felix@acme.example", "S", "", "", "", "2030-01-01", "", "", ""),
                ("D", "acme", "felix@acme.example", "S", "", "", "", "2024-01-01", "", "", "x"),
                ("D", "globex", "", "", "", "", "", "2024-01-02", "agent", "", "y"),
                ("D", "", "", "", "", "", "", "2024-01-03", "who@else.example", "", "z"),
                ("D", "", "", "", "", "", "", "2024-01-03", "", "", "z"),
            ),
        )
        assert faults(run) == {
            2: [("requester", "requester_unknown")],
            3: [("status", "not_among"), ("subject", "missing_for_new")],
            4: [("message_at", "in_the_future"), ("body", "missing")],
            6: [("customer", "customer_differs")],
            7: [("author", "author_unknown")],
            8: [("author", "author_unknown")],
        }

    def test_a_ticket_over_two_batches(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mainstay.integrations.imports.jobs.BATCH", 2)
        monkeypatch.setattr("mainstay.integrations.imports.actions.apply.BATCH", 2)
        applied(world.max, Kind.HISTORY, history(*OLD))
        with builders_scope():
            assert Message.objects.filter(ticket__external_ids={"import": "T1"}).count() == 3
            assert Ticket.objects.count() == 2


def test_an_upload_is_looked_at_and_nothing_else(world: World) -> None:
    run = upload(world.max, Kind.CUSTOMERS, customers(INDIGO))
    assert (fresh(run).state, fresh(run).next_at) == (State.UPLOADED, None)
