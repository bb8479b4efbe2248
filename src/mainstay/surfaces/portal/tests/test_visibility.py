"""Who sees which page and file; and what no page of a customer's ever says."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import urlencode

import pytest

from mainstay.core.actor import Role
from mainstay.core.storage.files import save
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member, Tenant
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope, make_member, make_user
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.actions import assign_ticket, share_ticket, store_file
from mainstay.support.tickets.models import Attachment, Ticket
from mainstay.support.tickets.tests.make import OPENED_AT, make_note, make_reply, make_ticket
from mainstay.surfaces.portal.tests.make import (
    BUDGET,
    PNG,
    active_content,
    at_most,
    client_of,
    status_of,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_sla_world()


@pytest.fixture
def vendor(world: World) -> Member:
    with builders_scope():
        member = make_member(world.acme, "Viktor", Role.VENDOR)
    make_user(member)
    return member


def with_file(member: Member, subject: str) -> tuple[Ticket, Attachment]:
    stored = save(member.tenant_id, "screen.png", BytesIO(PNG))
    with acting_as(member) as actor:
        file = store_file(actor, member.tenant_id, stored, at=OPENED_AT)
        return make_ticket(member, subject, attachment_ids=(file.id,)), file


OWN = {"ana", "felix", "clara", "gus", "vendor"}
# Whose ticket → who may read it. Ana owns Acme; nothing is shared.
READERS = {
    "ana": {"ana"},
    "felix": {"ana", "felix"},
    "clara": {"ana", "clara"},
    "vendor": {"ana", "vendor"},
    "gus": {"gus"},
}


@pytest.mark.parametrize("whose", sorted(OWN))
def test_the_matrix_of_pages_and_files(world: World, vendor: Member, whose: str) -> None:
    people = {**world.members, "vendor": vendor}
    ticket, file = with_file(people[whose], f"Subject of {whose}")
    for name, person in people.items():
        client, may = client_of(person), name in READERS[whose]
        page = f"/support/tickets/{ticket.number}"
        assert status_of(client, page) == (200 if may else 404), name
        assert status_of(client, f"{page}/news") == (200 if may else 404), name
        assert status_of(client, f"/files/{file.id}") == (200 if may else 404), name
        # What its portal users ask, a customer's managers find in the customer's own queue.
        listed = "/support/queue" if name == "ana" and whose in ("clara", "vendor") else "/support"
        assert (f"Subject of {whose}" in text_of(client, listed)) is may, name
        assert (f"Subject of {whose}" in text_of(client, f"{listed}?q={ticket.number}")) is may, name
        for change in ("solved", "not-solved", "leave"):
            if not may:
                assert client.post(f"{page}/{change}").status_code == 404, (name, change)
        if not may:
            assert client.post(page, {"body": "Let me in"}).status_code == 404, name
            # portal users may share nothing, so they are refused before anything is looked up
            assert client.get(f"{page}/share").status_code in (403, 404), name


def test_staff_and_strangers_have_no_seat_here(world: World) -> None:
    ticket = make_ticket(world.ana)
    for path in ("/support", "/support/new", "/support/sla", f"/support/tickets/{ticket.number}"):
        assert client_of(world.ari).get(path).status_code == 404, path
        answer = client_of(world.ari).__class__().get(path)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in"), path


def test_shared_with_one_and_with_everybody(world: World, vendor: Member) -> None:
    ticket = make_ticket(world.ana, "The pump")
    page = f"/support/tickets/{ticket.number}"
    assert client_of(world.felix).get(page).status_code == 404
    with acting_as(world.ana) as actor:
        share_ticket(actor, ticket.id, member_id=world.felix.id, at=OPENED_AT)
    assert "The pump" in text_of(client_of(world.felix), page)
    with acting_as(world.ana) as actor:
        share_ticket(actor, ticket.id, with_everybody=True, at=OPENED_AT)
    for outsider in (world.clara, vendor, world.gus):  # portal users see their own only, whatever is shared
        assert client_of(outsider).get(page).status_code == 404


def test_nothing_of_the_operators_side(world: World, vendor: Member) -> None:
    with builders_scope():
        Staff.objects.filter(id=world.ari.id).update(
            name="Ariadne Privatename", email="ari.private@operator.example", public_name="Ari V."
        )
        Tenant.objects.filter(id=world.acme.id).update(mrr="98765.43", tags=["churn-risk"])
    other = make_ticket(world.felix, "Only of Félix")
    for person in (world.ana, world.clara):
        ticket = make_ticket(person, f"Asked by {person.name}", is_platform_issue=True)
        make_reply(ticket, world.ari, "A public answer")
        make_note(ticket, world.eve, "An internal remark")
        with acting_as(world.ari) as actor:
            assign_ticket(actor, ticket.id, world.ari.id, at=OPENED_AT)
        client = client_of(person)
        pages = [
            "/support",
            "/support/new",
            f"/support/tickets/{ticket.number}",
            f"/support/tickets/{ticket.number}/news",
        ]
        if person == world.ana:
            pages += ["/support/sla", f"/support/tickets/{ticket.number}/share"]
        text = "".join(text_of(client, path) for path in pages)
        assert "A public answer" in text
        assert "Ari V." in text
        for secret in (
            "An internal remark",
            "Privatename",
            "ari.private",
            "98765",
            "98,765",
            "churn-risk",
            "assigned",
            "internal remark",
            "Globex",
        ):
            assert secret not in text, secret
        assert ("Only of Félix" in text) is (person == world.ana), other.number


def test_portal_users_know_no_promises_and_no_people(world: World) -> None:
    with builders_scope():
        Tenant.objects.filter(id=world.acme.id).update(
            branding={"support_name": "Acme’s help desk", "support_email": "help@acme.example"}
        )
    ticket = make_ticket(world.clara)
    client = client_of(world.clara)
    make_reply(ticket, world.ana, "Let me look")
    page = text_of(client, f"/support/tickets/{ticket.number}")
    assert "Let me look" in page
    assert world.ana.email not in page
    assert "What we promised" not in page
    assert "Response times" not in page
    new = text_of(client, "/support/new")
    assert "Acme’s help desk" in new
    assert "help@acme.example" in new
    assert "Your plan" not in new
    assert 'name="requester"' not in new
    for path in ("/support/sla", f"/support/tickets/{ticket.number}/share"):
        assert client.get(path).status_code == 403
    assert "We confirm your message at once" in text_of(client, "/support/new/expected")


def test_the_budget_of_queries(world: World) -> None:
    for number in range(25):
        ticket = make_ticket(world.felix if number % 2 else world.ana)
        make_reply(ticket, world.ari)
    with_file(world.ana, "With a file")
    with acting_as(world.ana) as actor:
        share_ticket(actor, ticket.id, member_id=world.felix.id, at=OPENED_AT)
    client = client_of(world.ana)
    page = f"/support/tickets/{ticket.number}"
    for path in (
        "/support",
        "/support?q=pump&status=in_progress",
        "/support/new",
        "/support/new/expected",
        "/support/sla",
        page,
        f"{page}/news",
        f"{page}/share",
    ):
        client.get(path)  # what processes keep in memory is there
        with at_most(BUDGET):
            text_of(client, path)


ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg onload=alert(3)>"
MARKDOWN = """{attack}

[x](javascript:alert(4)) [y](JaVa\tScRiPt:alert(5)) ![z](https://evil.example/z.png) <javascript:alert(6)>

<a href='javascript:alert(7)'>b</a> <style>p{{color:red}}</style>

[q]: javascript:alert(8)
[q]
"""
MAIL = "<p>Hi</p>{attack}<style>p{{}}</style><form action='//evil.example'><input></form><img src='https://evil.example/t.gif'>"


def test_what_is_written_is_never_run(world: World) -> None:
    stored = save(world.acme.id, f"{ATTACK}.html", BytesIO(b"<script>alert(3)</script>"))
    with builders_scope():
        Member.objects.filter(id=world.ana.id).update(name=ATTACK)
        world.ana.refresh_from_db()
    with acting_as(world.ana) as actor:
        file = store_file(actor, world.acme.id, stored, at=OPENED_AT)
        ticket = make_ticket(
            world.ana,
            f"{ATTACK} subject",
            body=MARKDOWN.format(attack=ATTACK),
            attachment_ids=(file.id,),
            module=ATTACK[:80],
        )
    make_reply(ticket, world.ana, body_format="plain", body_html=MAIL.format(attack=ATTACK))
    client = client_of(world.ana)
    page = f"/support/tickets/{ticket.number}"
    fill = urlencode({"subject": ATTACK, "module": ATTACK, "q": ATTACK})
    for path in (
        "/support",
        f"/support?{fill}",
        page,
        f"{page}/news",
        f"{page}/share?{fill}",
        f"/support/new?{fill}",
    ):
        text = text_of(client, path)
        assert active_content(text) == [], path
    assert "alert(1)" in text_of(client, page)  # shown, as words
    for answer in (
        client.post(page, {"body": ATTACK, "kept": ATTACK}),
        client.post("/support/new", {"subject": ATTACK, "body": ""}),
    ):
        assert active_content(answer.content.decode()) == []
    served = client.get(f"/files/{file.id}")
    assert b"".join(served.streaming_content) == b"<script>alert(3)</script>"
    assert served["Content-Disposition"].startswith("attachment")
    assert served["Content-Type"].startswith("text/plain")
    assert "sandbox" in served["Content-Security-Policy"]
