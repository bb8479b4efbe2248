"""The customer's own queue in the portal: who sees it, what can be done there, and what portal users see of it."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from mainstay.core.actor import Role
from mainstay.people.tenants.models import Member, Tenant, TenantLogo
from mainstay.people.tenants.tests.make import World, builders_scope, make_member, make_user
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.tests.make import make_reply, make_ticket
from mainstay.surfaces.portal.tests.make import BUDGET, PNG, at_most, client_of, status_of, text_of

pytestmark = pytest.mark.django_db
CONTACT = {
    "support_name": "Acme’s help desk",
    "support_email": "help@acme.example",
    "support_phone": "+34 600 000 000",
    "colour": "#ffee00",
}


@pytest.fixture
def world() -> World:
    return make_sla_world()


@pytest.fixture
def branded(world: World) -> World:
    with builders_scope():
        Tenant.objects.filter(id=world.acme.id).update(branding=CONTACT)
    return world


def page_of(ticket: Ticket) -> str:
    return f"/support/tickets/{ticket.number}"


def now_of(ticket: Ticket) -> Ticket:
    with builders_scope():
        return Ticket.objects.get(id=ticket.id)


def test_the_queue_and_its_filters(world: World) -> None:
    ana = client_of(world.ana)
    assert "Nobody has asked you yet" in text_of(ana, "/support/queue")
    first, second = make_ticket(world.clara, "The gate"), make_ticket(world.clara, "The lift")
    own = make_ticket(world.ana, "Her own")
    assert ana.post(f"{page_of(first)}/handle", {"do": "take"}).status_code == 302
    assert ana.post(f"{page_of(first)}/handle", {"do": "status", "status": "resolved"}).status_code == 302
    seen = {
        query: {
            s for s in ("The gate", "The lift", "Her own") if s in text_of(ana, f"/support/queue?{query}")
        }
        for query in ("", "share=mine", "share=nobodys", "status=resolved", "q=lift", "q=nothing")
    }
    assert seen == {
        "": {"The gate", "The lift"},
        "share=mine": {"The gate"},
        "share=nobodys": {"The lift"},
        "status=resolved": {"The gate"},
        "q=lift": {"The lift"},
        "q=nothing": set(),
    }
    assert status_of(ana, "/support/queue?share=everybodys") == 422
    assert "The lift" not in text_of(ana, "/support")
    assert "Her own" in text_of(ana, "/support"), own.number
    assert re.search(r'Customer requests\s*<span class="count">1</span>', text_of(ana, "/support"))
    assert second.audience == "tenant"


def test_whom_the_queue_is_not_for(world: World) -> None:
    make_ticket(world.clara, "The gate")
    for person in (world.felix, world.clara):
        assert status_of(client_of(person), "/support/queue") == 403
    assert "The gate" not in text_of(client_of(world.gus), "/support/queue")
    assert status_of(client_of(world.ari), "/support/queue") == 404


def test_answering_noting_and_passing_on(world: World) -> None:
    ticket = make_ticket(world.clara, "The gate")
    ana, clara, max_ = client_of(world.ana), client_of(world.clara), client_of(world.max)
    page = text_of(ana, page_of(ticket))
    assert "Answer in the name of Acme" in page
    assert "Nobody works on it yet." in page
    assert "What we promised" not in page
    assert ana.post(page_of(ticket), {"body": "We look at it"}).status_code == 302
    assert ana.post(page_of(ticket), {"body": "She pays late", "as": "note"}).status_code == 302
    for path in (page_of(ticket), f"{page_of(ticket)}/news"):
        theirs = text_of(clara, path)
        assert "We look at it" in theirs
        assert "She pays late" not in theirs
    assert "She pays late" in text_of(ana, page_of(ticket))
    assert status_of(max_, f"/desk/tickets/{ticket.number}") == 404
    assert "The gate" not in text_of(max_, "/desk")
    assert "The gate" not in text_of(max_, "/desk/outbox")
    assert f"#{ticket.number}" not in text_of(max_, "/desk/audit")
    assert "The gate" not in text_of(max_, f"/desk/customers/{world.acme.id}")
    form = text_of(ana, f"{page_of(ticket)}/escalate")
    assert "Your internal notes stay with you" in form
    answer = ana.post(f"{page_of(ticket)}/escalate", {"severity": "P2", "note": "Not ours to mend"})
    assert answer.status_code == 302
    assert (now_of(ticket).audience, now_of(ticket).severity) == ("operator", "P2")
    assert ana.get(f"{page_of(ticket)}/escalate").status_code == 302
    desk = text_of(max_, f"/desk/tickets/{ticket.number}")
    assert "Not ours to mend" in desk
    assert "We look at it" in desk
    assert "She pays late" not in desk
    assert "passed this on from the queue of Acme" in desk
    theirs = text_of(clara, page_of(ticket))
    assert "Not ours to mend" not in theirs
    assert "passed it on to the people who make the product" in theirs
    assert "What we promised" in text_of(ana, page_of(ticket))
    make_reply(ticket, world.ari, "It is mended")
    assert "It is mended" in text_of(clara, page_of(ticket))


def test_a_colleague_works_on_what_was_given(world: World) -> None:
    ticket = make_ticket(world.clara, "The gate")
    felix, ana = client_of(world.felix), client_of(world.ana)
    assert status_of(felix, page_of(ticket)) == 404
    given = ana.post(f"{page_of(ticket)}/handle", {"do": "give", "handler": str(world.felix.id)})
    assert given.status_code == 302
    assert "El portón" not in text_of(felix, "/support")
    assert "The gate" in text_of(felix, "/support")
    assert felix.post(page_of(ticket), {"body": "Voy"}).status_code == 302
    assert felix.post(f"{page_of(ticket)}/handle", {"do": "priority", "priority": "high"}).status_code == 302
    assert felix.post(f"{page_of(ticket)}/handle", {"do": "give", "handler": ""}).status_code == 403
    assert felix.get(f"{page_of(ticket)}/escalate").status_code == 403
    after = now_of(ticket)
    assert (after.priority, after.last_sender, after.status) == ("high", "agent", "in_progress")
    with builders_scope():
        assert Message.objects.get(ticket_id=ticket.id, sender="agent").member_id == world.felix.id


@pytest.mark.parametrize(
    ("data", "status"),
    [({"do": "status", "status": "gone"}, 422), ({"do": "priority"}, 422), ({"do": "give", "handler": "x"}, 422),
     ({}, 400)],
)  # fmt: skip
def test_wrong_words(world: World, data: dict[str, str], status: int) -> None:
    ticket = make_ticket(world.clara)
    assert client_of(world.ana).post(f"{page_of(ticket)}/handle", data).status_code == status


def test_a_platform_issue_goes_to_the_operator(world: World) -> None:
    clara = client_of(world.clara)
    assert "It is a fault of the product itself" in text_of(clara, "/support/new")
    assert "It is a fault of the product itself" not in text_of(client_of(world.felix), "/support/new")
    words = {"subject": "It crashes", "body": "Each time", "severity": "P2", "is_platform_issue": "on"}
    clara.post("/support/new", words)
    client_of(world.felix).post("/support/new", {**words, "subject": "Mine"})
    with builders_scope():
        theirs, his = Ticket.objects.get(subject="It crashes"), Ticket.objects.get(subject="Mine")
    assert (theirs.audience, theirs.is_platform_issue) == ("operator", True)
    assert (his.audience, his.is_platform_issue) == ("operator", False)
    assert "as a fault of the product" in text_of(client_of(world.ana), page_of(theirs))
    assert "as a fault of the product" in text_of(client_of(world.ari), f"/desk/tickets/{theirs.number}")


def test_portal_users_see_their_customer_in_the_operators_place(branded: World, settings: object) -> None:
    ticket = make_ticket(branded.clara, is_platform_issue=True)
    make_reply(ticket, branded.ari, "We look")
    clara = client_of(branded.clara)
    for path in ("/support", "/support/new", page_of(ticket), "/support/profile"):
        page = unescape(text_of(clara, path))
        assert "Acme’s help desk" in page, path
        assert "/support/brand.css?v=ffee00" in page, path
        assert "Mainstay" not in page.replace("mainstay", ""), path
    for path in ("/support/new", page_of(ticket)):
        page = text_of(clara, path)
        assert "help@acme.example" in page
        assert "+34 600 000 000" in page
    assert "Who reads it" not in text_of(clara, page_of(ticket))
    assert "Acme’s help desk" not in unescape(text_of(client_of(branded.felix), "/support"))
    styles = text_of(clara, "/support/brand.css")
    assert styles.startswith(":root { --accent-hue: ")
    assert text_of(client_of(branded.ana), "/support/brand.css").startswith("[data-brand] {")
    assert text_of(client_of(branded.gus), "/support/brand.css") == ""


def test_the_page_of_the_appearance(world: World) -> None:
    ana = client_of(world.ana)
    for person in (world.felix, world.clara):
        assert status_of(client_of(person), "/support/branding") == 403
    logo = SimpleUploadedFile("logo.png", PNG, "text/html")
    assert ana.post("/support/branding", {**CONTACT, "logo": logo}).status_code == 302
    page = unescape(text_of(ana, "/support/branding"))
    assert "Acme’s help desk" in page
    assert 'class="card brand-preview" data-brand' in page
    served = client_of(world.clara).get("/support/branding/logo")
    assert (served.status_code, served["Content-Type"], served["X-Content-Type-Options"]) == (
        200,
        "image/png",
        "nosniff",
    )
    assert b"".join(served.streaming_content) == PNG
    assert client_of(world.gus).get("/support/branding/logo").status_code == 404
    assert "/support/branding/logo?v=" in text_of(client_of(world.clara), "/support")
    assert (
        ana.post("/support/branding", {"support_name": "Only a name", "drop_logo": "on"}).status_code == 302
    )
    with builders_scope():
        assert not TenantLogo.objects.exists()
        assert Tenant.objects.get(id=world.acme.id).branding == {"support_name": "Only a name"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("colour", "red", "A colour is #"),
        ("colour", "#12345", "A colour is #"),
        ("support_email", "javascript:alert(1)", "not an e-mail address"),
        ("support_phone", "<b>1</b>", "telephone number"),
    ],
)
def test_what_cannot_be_shown_is_refused(world: World, field: str, value: str, words: str) -> None:
    answer = client_of(world.ana).post("/support/branding", {**CONTACT, field: value})
    assert answer.status_code == 422
    assert words in unescape(answer.content.decode())
    with builders_scope():
        assert Tenant.objects.get(id=world.acme.id).branding == {}


@pytest.mark.parametrize(
    "content", [b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"%PDF-1.7", b"GIF8" * 9]
)
def test_a_logo_is_a_picture(world: World, content: bytes) -> None:
    logo = SimpleUploadedFile("logo.png", content, "image/png")
    answer = client_of(world.ana).post("/support/branding", {**CONTACT, "logo": logo})
    assert answer.status_code == 422
    assert "Only PNG, JPEG, WebP and GIF" in answer.content.decode()


def test_a_logo_is_small(world: World) -> None:
    logo = SimpleUploadedFile("logo.png", BytesIO(PNG + b"\0" * 600_000).getvalue(), "image/png")
    answer = client_of(world.ana).post("/support/branding", {**CONTACT, "logo": logo})
    assert "at most 512 KB" in answer.content.decode()


def test_old_values_of_a_wrong_shape_show_nothing(world: World) -> None:
    wrong = {
        "support_email": 'x" onclick="y',
        "support_phone": ["1"],
        "colour": "}</style>",
        "support_name": None,
    }
    with builders_scope():
        Tenant.objects.filter(id=world.acme.id).update(branding=wrong)
    page = text_of(client_of(world.clara), "/support/new")
    assert "onclick" not in page
    assert "brand.css" not in page


def test_the_budget_of_queries(branded: World) -> None:
    with builders_scope():
        berta: Member = make_member(branded.acme, "Berta", Role.TENANT_ADMIN)
    make_user(berta)
    for number in range(12):
        ticket = make_ticket(branded.clara, f"Number {number}")
    make_reply(ticket, berta)
    for person, paths in (
        (
            branded.ana,
            ("/support/queue", page_of(ticket), f"{page_of(ticket)}/escalate", "/support/branding"),
        ),
        (branded.clara, ("/support", page_of(ticket), "/support/new")),
    ):
        client = client_of(person)
        for path in paths:
            client.get(path)
            with at_most(BUDGET + 2):
                text_of(client, path)
