"""One ticket: reading, answering, solved and not, written again, shared, renewed while it stands open."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from mainstay.people.tenants.tests.make import World, acting_as, builders_scope
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.actions import change_severity, change_status
from mainstay.support.tickets.models import Follower, Ticket
from mainstay.support.tickets.rules import Severity, Status
from mainstay.support.tickets.tests.make import OPENED_AT, make_note, make_reply, make_ticket
from mainstay.surfaces.portal.tests.make import PNG, client_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_sla_world()


def status_of(ticket: Ticket) -> str:
    with builders_scope():
        return Ticket.objects.values_list("status", flat=True).get(id=ticket.id)


def by_staff(world: World, ticket: Ticket, status: Status) -> None:
    with acting_as(world.ari) as actor:
        change_status(actor, ticket.id, status, at=OPENED_AT)


def test_the_list_says_what_happens_next(world: World) -> None:
    make_ticket(world.ana, "Fresh")
    waiting = make_ticket(world.ana, "Waiting")
    by_staff(world, waiting, Status.WAITING)
    solved = make_ticket(world.ana, "Solved")
    by_staff(world, solved, Status.RESOLVED)
    text = text_of(client_of(world.ana), "/support")
    assert "are late" in text  # opened long ago
    assert "Waiting for your answer." in text
    assert "Closes by itself" in text
    assert "One of your tickets waits for your answer" in text


def test_filters_and_words(world: World) -> None:
    one = make_ticket(world.ana, "The pump 100% broken", severity=Severity.P1)
    make_ticket(world.felix, "A valve_leaks")
    client = client_of(world.ana)
    assert "valve" not in text_of(client, "/support?whose=mine")
    assert "valve" not in text_of(client, "/support?severity=P1")
    assert "valve" not in text_of(client, "/support?q=PUMP+broken")
    assert "valve" not in text_of(client, f"/support?q=%23{one.number}")
    assert "Nothing matches" in text_of(client, "/support?q=100%25pump")
    assert "Nothing matches" in text_of(client, "/support?q=valve-leaks")
    assert "Nothing matches" in text_of(client, "/support?status=closed")
    assert "Nothing matches" in text_of(client, "/support?channel=email&q=%00")
    assert client.get("/support?status=nonsense").status_code == 422
    assert client.get("/support?after=nonsense").status_code == 422


def test_pages_by_key(world: World) -> None:
    numbers = {make_ticket(world.ana).number for _ in range(23)}
    client = client_of(world.ana)
    first = text_of(client, "/support")
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = text_of(client, "/support" + unescape(following[1]))
    seen = [set(map(int, re.findall(r'href="/support/tickets/(\d+)"', page))) for page in (first, second)]
    assert seen[0] | seen[1] == numbers
    assert not seen[0] & seen[1]
    assert "Back to the newest" in second


def test_nothing_yet(world: World) -> None:
    text = text_of(client_of(world.gus), "/support")
    assert "No tickets yet" in text
    assert text.count('href="/support/new"') == 1


def test_an_answer_with_a_file(world: World) -> None:
    ticket = make_ticket(world.ana)
    by_staff(world, ticket, Status.WAITING)
    client = client_of(world.ana)
    path = f"/support/tickets/{ticket.number}"
    answer = client.post(path, {"body": "Here **it** is", "attachments": [SimpleUploadedFile("a.png", PNG)]})
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{path}#m-")
    assert f"reply-{ticket.number}" in answer.cookies["mainstay_sent"].value
    page = text_of(client, path)
    assert "Here <strong>it</strong> is" in page
    assert 'alt="a.png"' in page
    assert status_of(ticket) == Status.OPEN


def test_a_file_without_words_is_an_answer(world: World) -> None:
    ticket = make_ticket(world.ana)
    answer = client_of(world.ana).post(
        f"/support/tickets/{ticket.number}", {"body": "", "attachments": [SimpleUploadedFile("a.png", PNG)]}
    )
    assert answer.status_code == 302


def test_an_answer_that_cannot_be_taken_comes_back(world: World, settings) -> None:
    settings.MAINSTAY_MAX_UPLOAD_BYTES = 1024 * 1024
    ticket = make_ticket(world.ana)
    client, path = client_of(world.ana), f"/support/tickets/{ticket.number}"
    big = SimpleUploadedFile("film.mp4", b"x" * (1024 * 1024 + 1))
    answer = client.post(
        path, {"body": "My long words", "attachments": [SimpleUploadedFile("a.png", PNG), big]}
    )
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "My long words" in page
    assert "film.mp4 was not taken." in page
    assert 'name="kept"' in page
    assert "mainstay_sent" not in answer.cookies
    empty = client.post(path, {"body": "  "})
    assert empty.status_code == 422
    assert "Write a message." in empty.content.decode()
    client.logout()
    gone = client.post(path, {"body": "My long words"})
    assert gone.status_code == 401
    assert "My long words" in gone.content.decode()


def test_solved_and_not_solved(world: World) -> None:
    ticket = make_ticket(world.ana)
    client, path = client_of(world.ana), f"/support/tickets/{ticket.number}"
    assert "This is solved" in text_of(client, path)
    client.post(f"{path}/solved")
    assert status_of(ticket) == Status.RESOLVED
    page = text_of(client, path)
    assert "It is not solved" in page
    assert "Writing opens the ticket again." in page
    client.post(f"{path}/not-solved")
    assert status_of(ticket) == Status.OPEN
    assert client.get(f"{path}/solved").status_code == 405


def test_somebody_was_faster(world: World) -> None:
    ticket = make_ticket(world.ana)
    by_staff(world, ticket, Status.CLOSED)
    client, path = client_of(world.ana), f"/support/tickets/{ticket.number}"
    answer = client.post(f"{path}/solved", follow=True)
    assert "The ticket has changed meanwhile" in answer.content.decode()
    assert status_of(ticket) == Status.CLOSED


def test_written_again_after_it_was_closed(world: World) -> None:
    ticket = make_ticket(world.ana, "The pump")
    by_staff(world, ticket, Status.CLOSED)
    client, path = client_of(world.ana), f"/support/tickets/{ticket.number}"
    page = text_of(client, path)
    assert "This ticket is closed. What you write starts a new ticket" in page
    assert "Start a new ticket" in page
    answer = client.post(path, {"body": "It is back"})
    with builders_scope():
        later = Ticket.objects.get(follow_up_of_id=ticket.id)
    assert answer["Location"] == f"/support/tickets/{later.number}?sent=yes"
    assert f"#{ticket.number}" in text_of(client, answer["Location"])
    assert f'It went on in <a href="/support/tickets/{later.number}">' in text_of(client, path)


def test_the_history_tells_what_customers_may_know(world: World) -> None:
    ticket = make_ticket(world.ana)
    make_note(ticket, world.eve)
    with acting_as(world.ari) as actor:
        change_severity(actor, ticket.id, Severity.P1, at=OPENED_AT)
    by_staff(world, ticket, Status.WAITING)
    make_reply(ticket, world.ana, "Here")
    text = unescape(text_of(client_of(world.ana), f"/support/tickets/{ticket.number}"))
    for sentence in (
        "Ana asked for help",
        "The severity is P1 now; it was P3",
        "We asked for an answer from your side",
        "Ana answered; it is our turn again",
        "What we promised was computed again.",
    ):
        assert sentence in text, sentence
    assert "note" not in text.split('class="timeline"')[1].split("</ol>")[0]


def test_news_brings_only_what_is_new(world: World) -> None:
    ticket = make_ticket(world.ana, "First words")
    client, path = client_of(world.ana), f"/support/tickets/{ticket.number}"
    seen = re.search(r'id="seen" name="seen" value="([^"]+)"', text_of(client, path))
    assert seen
    make_note(ticket, world.eve, "Between us")
    reply = make_reply(ticket, world.ari, "Second words")
    news = text_of(client, f"{path}/news?seen={seen[1]}")
    assert "Second words" in news
    assert "First words" not in news
    assert "Between us" not in news
    assert f'value="{reply.id}"' in news
    again = text_of(client, f"{path}/news?seen={reply.id}")
    assert "Second words" not in again
    assert f'value="{reply.id}"' in again
    assert client.get(f"{path}/news?seen=nonsense").status_code == 200


def test_a_page_whose_session_ended_is_left_alone(world: World) -> None:
    ticket = make_ticket(world.ana)
    client = client_of(world.ana)
    client.logout()
    for path in (f"/support/tickets/{ticket.number}/news", "/support/new/expected"):
        renewed = client.get(path, headers={"HX-Request": "true"})
        assert (renewed.status_code, renewed.content) == (204, b"")
        assert "HX-Redirect" not in renewed
        assert client.get(path).status_code == 302


def test_sharing_with_people_and_with_everybody(world: World) -> None:
    ticket = make_ticket(world.ana)
    client, path = client_of(world.ana), f"/support/tickets/{ticket.number}/share"
    page = text_of(client, path)
    assert "Félix" in page
    assert "Clara" not in page  # a portal user would not see it
    for person, words in (
        (world.felix, "reads along now"),
        (world.gus, "no such person"),
        (world.clara, "no such person"),
    ):
        answer = client.post(path, {"do": "add", "member": str(person.id)}, follow=True)
        assert words in answer.content.decode(), person
    with builders_scope():
        assert [row.member_id for row in Follower.objects.filter(ticket=ticket)] == [world.felix.id]
    felix = client_of(world.felix)
    assert "Dejar de seguir" in text_of(felix, f"/support/tickets/{ticket.number}")
    felix.post(f"/support/tickets/{ticket.number}/leave")
    assert felix.get(f"/support/tickets/{ticket.number}").status_code == 404
    client.post(path, {"do": "everybody"})
    assert felix.get(f"/support/tickets/{ticket.number}").status_code == 200
    client.post(path, {"do": "not-everybody"})
    assert felix.get(f"/support/tickets/{ticket.number}").status_code == 404
    assert (
        "no such person" in client.post(path, {"do": "remove", "member": "x"}, follow=True).content.decode()
    )


def test_the_promises_of_the_plan(world: World) -> None:
    text = unescape(text_of(client_of(world.gus), "/support/sla"))
    assert "Your plan: Starter" in text
    assert "a goal, not a promise" in text
    assert "No fixed time: we answer as soon as we can." in text
    assert "Today where you are:" in text
    for plan in ("Free", "Professional", "Business", "Enterprise"):
        assert plan in text
    assert "15 min" in text
