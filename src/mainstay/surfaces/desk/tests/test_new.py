"""Tickets written down for a customer."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import World, builders_scope, sign_in
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.models import Attachment, Ticket

pytestmark = pytest.mark.django_db
GIVEN = {
    "email": "ana@acme.example",
    "source": "phone",
    "subject": "Called about the pumps",
    "body": "They stand still.",
    "severity": "P2",
}


@pytest.fixture
def world() -> World:
    return make_sla_world()


@pytest.fixture
def desk(client: Client, world: World) -> Client:
    return sign_in(client, world.ari)


@pytest.mark.parametrize("words", ["acm", "ana@acme.example"])
def test_the_customer_is_found_by_name_or_by_somebodys_address(desk: Client, words: str) -> None:
    text = desk.get("/desk/tickets/new", {"q": words}).content.decode()
    assert "?customer=acme" in text
    assert "?customer=globex" not in text


def test_the_form_shows_what_the_plan_promises(desk: Client) -> None:
    text = desk.get("/desk/tickets/new?customer=acme").content.decode()
    assert "Enterprise" in text
    assert "First response on the plan Enterprise" in text
    assert 'value="ana@acme.example"' in text


def test_a_ticket_for_somebody_known(desk: Client, world: World) -> None:
    file = SimpleUploadedFile("log.txt", b"words")
    answer = desk.post("/desk/tickets/new/acme", {**GIVEN, "attachments": file})
    with builders_scope():
        ticket = Ticket.objects.get()
        assert Attachment.objects.get().message is not None
    assert answer["Location"] == f"/desk/tickets/{ticket.number}"
    assert (ticket.requester_id, ticket.source, ticket.severity) == (world.ana.id, "phone", "P2")


def test_somebody_new_becomes_a_contact(desk: Client, world: World) -> None:
    desk.post("/desk/tickets/new/acme", {**GIVEN, "email": "Nia@Acme.example", "name": "Nia"})
    with builders_scope():
        member = Member.objects.get(email="nia@acme.example")
        assert (member.name, member.role, member.tenant_id) == ("Nia", "contact", world.acme.id)
        assert Ticket.objects.get().requester_id == member.id


@pytest.mark.parametrize(
    ("field", "value"), [("email", "nobody"), ("subject", ""), ("subject", "x" * 301), ("body", " ")]
)
def test_a_wrong_answer_is_told_and_the_rest_is_kept(desk: Client, field: str, value: str) -> None:
    answer = desk.post("/desk/tickets/new/acme", {**GIVEN, field: value})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "data-error-summary" in text
    assert "They stand still." in text or field == "body"
    with builders_scope():
        assert not Ticket.objects.exists()
        assert not Member.objects.filter(email="nobody").exists()


def test_customers_cannot_write_down_tickets_here(client: Client, world: World) -> None:
    sign_in(client, world.ana)
    assert client.get("/desk/tickets/new?customer=acme").status_code == 404
    assert client.post("/desk/tickets/new/acme", GIVEN).status_code == 404
