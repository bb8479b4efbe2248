"""The ticket page: reading, writing, changing; who may do what; what does not survive."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mainstay.core.actor import Role
from mainstay.core.clock import now
from mainstay.core.text.tests.vectors import VECTORS
from mainstay.core.text.tests.walk import active_content
from mainstay.people.tenants.tests.make import World, builders_scope, sign_in
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.models import Attachment, Follower, Message, Ticket
from mainstay.support.tickets.rules import Sender, Severity, Source, Status
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket
from mainstay.surfaces.desk.tests.test_queue import colleague

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_sla_world()


@pytest.fixture
def desk(client: Client, world: World) -> Client:
    return sign_in(client, world.ari)


def page(client: Client, ticket: Ticket) -> str:
    answer = client.get(f"/desk/tickets/{ticket.number}")
    assert answer.status_code == 200
    return answer.content.decode()


def write(client: Client, ticket: Ticket, **given: Any) -> Any:
    return client.post(f"/desk/tickets/{ticket.number}/write", {"kind": "reply", **given})


def change(client: Client, ticket: Ticket, what: str, **given: Any) -> str:
    answer = client.post(f"/desk/tickets/{ticket.number}/{what}", given, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def fresh(ticket: Ticket) -> Ticket:
    with builders_scope():
        return Ticket.objects.get(id=ticket.id)


def test_the_page_holds_conversation_customer_promises_and_timeline(desk: Client, world: World) -> None:
    with builders_scope():
        world.acme.mrr, world.acme.csm_id, world.acme.seats = 12400, world.cora.id, 214
        world.acme.save()
    ticket = make_ticket(world.ana, "Cannot export", at=now() - timedelta(hours=2))
    make_reply(ticket, world.ari, "**Look** here")
    make_note(ticket, world.eve, "Between us")
    text = page(desk, ticket)
    for part in (
        "<strong>Look</strong> here",
        "Between us",
        "Internal note",
        "12,400 USD",
        "Cora",
        "214",
        "ana@acme.example",
        "First response",
        "How it is computed",
        "opened the ticket",
    ):
        assert part in text


def test_reading_costs_the_same_for_two_messages_and_for_forty(desk: Client, world: World) -> None:
    short, long = make_ticket(world.ana), make_ticket(world.ana)
    for ticket, count in ((short, 2), (long, 40)):
        for _ in range(count):
            make_reply(ticket, world.ari)
            make_reply(ticket, world.ana)
    costs = []
    for ticket in (short, long):
        page(desk, ticket)
        with CaptureQueriesContext(connection) as captured:
            page(desk, ticket)
        costs.append(len(captured.captured_queries))
    assert costs[0] == costs[1]
    assert costs[0] <= 28


def test_quotes_and_signatures_are_folded_and_kept(desk: Client, world: World) -> None:
    body = "Still broken.\n-- \nAna\nAcme\n\nOn Mon, Ari wrote:\n> try again\n"
    ticket = make_ticket(
        world.ana, body=body, body_format="plain", source=Source.EMAIL, marks=("charset_guessed",)
    )
    text = page(desk, ticket)
    folded = text[text.index('<details class="folded"') :]
    assert "Still broken." in text
    assert "&gt; try again" in folded
    assert "had to be guessed" in text


def test_a_reply_with_a_status_reaches_the_ticket(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    answer = write(desk, ticket, body="Try again now.", seen="1", then_status="resolved")
    assert answer.status_code == 302
    assert fresh(ticket).status == Status.RESOLVED
    assert answer.cookies["mainstay_sent"].value == f"write-{ticket.number}"
    assert "Try again now." in page(desk, ticket)


def test_a_note_stays_inside(desk: Client, client: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    write(desk, ticket, kind="note", body="Customer is upset")
    with builders_scope():
        note = Message.objects.get(body="Customer is upset")
    assert note.visibility == "operator"
    assert fresh(ticket).first_response_at is None


@pytest.mark.parametrize("body", ["", "   \n"])
def test_an_empty_message_is_refused_at_the_field(desk: Client, world: World, body: str) -> None:
    answer = write(desk, make_ticket(world.ana), body=body)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert "Write something first." in answer.content.decode()


def test_what_was_typed_survives_a_refusal(desk: Client, world: World) -> None:
    typed = "Dear <Ana>, " + "x" * 100_000
    answer = write(desk, make_ticket(world.ana), kind="note", body=typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Dear &lt;Ana&gt;, xxx" in text
    assert 'value="note" checked' in text
    with builders_scope():
        assert not Message.objects.filter(body=typed).exists()


def test_a_reply_waits_while_somebody_else_wrote(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    make_reply(ticket, world.ana, "It works again!")
    answer = write(desk, ticket, body="We are looking.", seen="1")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "It works again!" in text
    assert "We are looking." in text
    seen = re.search(r'id="seen-count" value="(\d+)"', text)
    assert seen is not None
    assert write(desk, ticket, body="We are looking.", seen=seen[1]).status_code == 302


def test_files_go_with_a_message_and_outlive_a_refusal(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    file = SimpleUploadedFile('<img src=x onerror="alert(1)">.txt', b"some words")
    answer = write(desk, ticket, body="x" * 100_001, attachments=file)
    assert answer.status_code == 422
    kept = re.search(r'name="kept" value="([0-9a-f-]+)" checked', answer.content.decode())
    assert kept is not None
    assert write(desk, ticket, body="Shorter.", seen="1", kept=kept[1]).status_code == 302
    text = page(desk, ticket)
    assert f"/files/{kept[1]}" in text
    assert "<img src=x" not in text
    with builders_scope():
        assert Attachment.objects.get(id=kept[1]).message is not None


def test_a_file_alone_is_a_message(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    file = SimpleUploadedFile("log.txt", b"some words")
    assert write(desk, ticket, body="", seen="1", attachments=file).status_code == 302
    assert "log.txt" in page(desk, ticket)


def test_nobody_sends_another_persons_file(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    answer = write(desk, ticket, body="x" * 100_001, attachments=SimpleUploadedFile("log.txt", b"words"))
    kept = re.search(r'name="kept" value="([0-9a-f-]+)"', answer.content.decode())
    assert kept is not None
    other = sign_in(Client(), world.eve)
    write(other, ticket, body="Mine now", seen="1", kept=kept[1])
    with builders_scope():
        assert Attachment.objects.get(id=kept[1]).message is None


def test_a_change_that_somebody_else_made_first_is_said(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    text = change(desk, ticket, "status", status="resolved", was="waiting_on_customer")
    assert "Somebody was faster: it is now “Open”" in text
    assert fresh(ticket).status == Status.OPEN
    assert "#" in change(desk, ticket, "status", status="resolved", was="open")
    assert fresh(ticket).status == Status.RESOLVED


@pytest.mark.parametrize(("answer", "severity"), [("confirm", "P1"), ("P3", "P3")])
def test_a_proposed_p1_is_confirmed_or_declined(
    desk: Client, world: World, answer: str, severity: str
) -> None:
    ticket = make_ticket(world.ana, severity=Severity.P1, source=Source.EMAIL)
    assert "P1 was asked for" in page(desk, ticket)
    text = change(desk, ticket, "severity", severity=answer)
    assert "P1 was asked for" not in text
    assert (fresh(ticket).severity, fresh(ticket).proposed_severity) == (severity, None)


def test_assigning_taking_and_giving_back(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    assert "Ari took the ticket" in change(desk, ticket, "assignee", assignee="me", was="")
    text = change(desk, ticket, "assignee", assignee=str(world.eve.id), was=str(world.ari.id))
    assert "Ari assigned the ticket to Eve" in text
    assert "Somebody was faster: it is now “Eve”" in change(desk, ticket, "assignee", assignee="", was="")
    change(desk, ticket, "assignee", assignee="", was=str(world.eve.id))
    assert fresh(ticket).assignee_id is None


def test_classifying(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    change(
        desk,
        ticket,
        "classify",
        category="bug",
        module="mobile",
        tags="Login, android ,",
        is_reproducible="yes",
    )
    row = fresh(ticket)
    assert (row.category, row.module, row.tags, row.priority) == (
        "bug",
        "mobile",
        ["android", "login"],
        "high",
    )
    assert "at most" in change(desk, ticket, "classify", tags="x" * 61)


def test_sharing_with_one_with_all_and_no_longer(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    assert "Félix follows this ticket now." in change(desk, ticket, "share", email="FELIX@acme.example")
    assert "Nobody at this customer" in change(desk, ticket, "share", email="gus@globex.example")
    change(desk, ticket, "share", everybody="1")
    assert fresh(ticket).is_shared_with_tenant
    change(desk, ticket, "unshare", everybody="1")
    change(desk, ticket, "unshare", member=str(world.felix.id))
    assert not fresh(ticket).is_shared_with_tenant
    change(desk, ticket, "follow", follow="yes")
    with builders_scope():
        assert list(Follower.objects.values_list("staff_id", flat=True)) == [world.ari.id]
    change(desk, ticket, "follow", follow="no")
    with builders_scope():
        assert not Follower.objects.exists()


@pytest.mark.parametrize(
    ("role", "replies", "triages", "notes"),
    [
        (Role.AGENT, True, True, True),
        (Role.ENGINEER, True, True, True),
        (Role.CSM, True, False, True),
        (Role.EXECUTIVE, False, False, True),
    ],
)
def test_roles_see_and_may_do_the_same(
    client: Client, world: World, role: Role, replies: bool, triages: bool, notes: bool
) -> None:
    ticket = make_ticket(world.ana)
    sign_in(client, colleague("Jo", role))
    text = page(client, ticket)
    assert ('value="reply"' in text) is replies
    assert ('value="note"' in text) is notes
    assert ("/severity" in text) is triages
    assert write(client, ticket, body="Hello", seen="1").status_code == (302 if replies else 403)
    file = SimpleUploadedFile("log.txt", b"words")
    assert write(client, ticket, body="Hi", seen="2", attachments=file).status_code == (
        302 if replies else 403
    )
    answer = client.post(f"/desk/tickets/{ticket.number}/severity", {"severity": "P2"})
    assert answer.status_code == (302 if triages else 403)


@pytest.mark.parametrize("name", ["ana", "clara", "gus"])
def test_customers_find_none_of_it(client: Client, world: World, name: str) -> None:
    ticket = make_ticket(world.ana)
    sign_in(client, world.members[name])
    assert client.get(f"/desk/tickets/{ticket.number}").status_code == 404
    for what in ("thread", "timeline"):
        assert client.get(f"/desk/tickets/{ticket.number}/{what}").status_code == 404
    for what in ("write", "status", "severity", "assignee", "classify", "share", "unshare", "follow"):
        answer = client.post(f"/desk/tickets/{ticket.number}/{what}", {"kind": "note", "body": "x"})
        assert answer.status_code == 404, what
    with builders_scope():
        assert Message.objects.count() == 1


def test_a_hint_renews_thread_and_header_and_leaves_the_box_alone(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    make_reply(ticket, world.ana, "One more thing")
    text = desk.get(f"/desk/tickets/{ticket.number}/thread").content.decode()
    assert "One more thing" in text
    assert 'id="ticket-head" hx-swap-oob="true"' in text
    assert 'id="seen-count" value="2" hx-swap-oob="true"' in text
    assert "<textarea" not in text


def test_the_timeline_goes_on_page_by_page(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    for _ in range(25):
        make_note(ticket, world.eve)
    text = page(desk, ticket)
    more = re.search(r'href="(/desk/tickets/\d+/timeline\?after=[\w-]+)"', text)
    assert more is not None
    assert "opened the ticket" not in text
    assert "opened the ticket" in desk.get(more[1]).content.decode()


@pytest.mark.parametrize("start", range(0, len(VECTORS), 80))
def test_no_active_content_of_a_customer_survives(desk: Client, world: World, start: int) -> None:
    ticket = make_ticket(world.ana, subject=VECTORS[start].replace("\0", "")[:300], body="Hello")
    said = [v.replace("\0", "") for v in VECTORS[start : start + 80]]
    rows = [Message(body=v, source=Source.PORTAL) for v in said]
    rows += [Message(body="Text", body_format="plain", body_html=v, source=Source.EMAIL) for v in said]
    for row in rows:
        row.tenant_id, row.ticket_id, row.member_id = world.acme.id, ticket.id, world.ana.id
        row.sender, row.created_at = Sender.CUSTOMER, now()
    with builders_scope():
        Message.objects.bulk_create(rows)
    text = page(desk, ticket)
    thread = text[text.index('id="thread"') : text.index('class="pane-foot"')]
    found = re.findall(r'<div class="message-text">(.*?)</div>\s*</div>\s*</article>', thread, re.S)
    assert len(found) == 1 + len(rows)
    ours = r'<svg class="icon".*?</svg>|<details class="folded">|</?details>|<summary>.*?</summary>'
    for words in found:
        assert active_content(re.sub(ours, "", words, flags=re.S)) == []
    assert "<script>alert" not in text


def test_the_timeline_speaks_of_promises_in_words(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana, at=now())
    change(desk, ticket, "severity", severity="P2")
    text = page(desk, ticket)
    moved = text[text.index("The promise First response moved from") :][:120]
    assert "first_response" not in moved
    assert "+00:00" not in moved


def test_pictures_are_shown_among_the_words(desk: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    picture = SimpleUploadedFile("screen.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 64)
    write(desk, ticket, body="See", seen="1", attachments=picture)
    with builders_scope():
        file = Attachment.objects.get()
    assert f'<img src="/files/{file.id}" alt="screen.png"' in page(desk, ticket)


def test_a_writer_changes_an_own_message_and_nobody_elses(client: Client, world: World) -> None:
    ticket = make_ticket(world.ana)
    mine = make_reply(ticket, world.ari, "Plase restart.")
    page = sign_in(client, world.ari).get(f"/desk/tickets/{ticket.number}").content.decode()
    assert f'value="{mine.id}"' in page
    address = f"/desk/tickets/{ticket.number}/edit"
    client.post(address, {"message": str(mine.id), "body": "Please restart."})
    page = client.get(f"/desk/tickets/{ticket.number}").content.decode()
    assert "Edited once" in page
    assert "Plase restart." in page
    other = Client()
    assert (
        f'value="{mine.id}"'
        not in sign_in(other, world.max).get(f"/desk/tickets/{ticket.number}").content.decode()
    )
    assert other.post(address, {"message": str(mine.id), "body": "Mine now."}).status_code == 403
