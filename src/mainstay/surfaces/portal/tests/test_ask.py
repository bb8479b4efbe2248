"""Asking for help: what to expect before sending, nothing lost on the way, one ticket for one wish."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mainstay.core.storage import rules as storage_rules
from mainstay.people.tenants.tests.make import World, builders_scope
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.models import Attachment, Message, Ticket
from mainstay.support.tickets.rules import FILES_LIMIT, SUBJECT_LIMIT
from mainstay.surfaces.portal.tests.make import PNG, client_of, text_of

pytestmark = pytest.mark.django_db
WISH = {
    "subject": "The pump report",
    "body": "It stays **empty**.",
    "severity": "P2",
    "category": "bug",
    "module": "Reports",
}


@pytest.fixture
def world() -> World:
    return make_sla_world()


def tickets() -> list[Ticket]:
    with builders_scope():
        return list(Ticket.objects.order_by("number"))


def a_file(name: str = "screen.png", content: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_what_to_expect_stands_there_before_sending(world: World) -> None:
    text = text_of(client_of(world.ana), "/support/new")
    for severity in ("P1", "P2", "P3", "P4"):
        case = re.search(rf'data-severity="{severity}".*?</div>', text, re.DOTALL)
        assert case, severity
        assert "we answer by <strong><time" in case[0]
    assert "Your plan: Enterprise" in text
    assert "Phone" in text


def test_a_plan_says_what_others_offer(world: World) -> None:
    text = text_of(client_of(world.gus), "/support/new")
    assert "Your plan: Starter" in text
    assert "With other plans" in text
    assert "Professional, Business, Enterprise" in text
    assert "Ask us about changing the plan" in text
    assert "names no time" in re.search(r'data-severity="P4".*?</div>', text, re.DOTALL)[0]  # type: ignore[index]
    assert "that is a goal, not a promise" in re.search(r'data-severity="P1".*?</div>', text, re.DOTALL)[0]  # type: ignore[index]


def test_sent_with_files(world: World) -> None:
    client = client_of(world.ana)
    answer = client.post("/support/new", {**WISH, "attachments": [a_file(), a_file("log.txt", b"lines")]})
    (ticket,) = tickets()
    assert (answer.status_code, answer["Location"]) == (302, f"/support/tickets/{ticket.number}?sent=yes")
    assert "new-ticket" in answer.cookies["mainstay_sent"].value
    page = text_of(client, answer["Location"])
    assert "Thank you, we have it." in page
    assert f"#{ticket.number}" in page
    assert "We answer by" in page
    assert "<strong>empty</strong>" in page
    assert "log.txt" in page
    assert re.search(r'<img src="/files/[^"]+" alt="screen.png"', page)
    assert (ticket.severity, ticket.category, ticket.module, ticket.source) == (
        "P2",
        "bug",
        "Reports",
        "portal",
    )


def test_sent_twice_is_one_ticket(world: World) -> None:
    client = client_of(world.ana)
    first, second = (client.post("/support/new", WISH) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert len(tickets()) == 1


def test_an_error_keeps_everything(world: World) -> None:
    client = client_of(world.ana)
    answer = client.post(
        "/support/new",
        {**WISH, "subject": " ", "requester": "felix@acme.example", "attachments": [a_file()]},
    )
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "Say in a few words what this is about." in page
    assert "It stays **empty**." in page
    assert re.search(r'value="P2"[^>]*checked', page)
    assert re.search(r'<option value="bug"[^>]*selected', page)
    assert 'value="Reports"' in page
    assert 'value="felix@acme.example"' in page
    kept = re.search(r'name="kept" value="([^"]+)" checked', page)
    assert kept
    assert "screen.png" in page
    assert "mainstay_sent" not in answer.cookies
    assert tickets() == []
    answer = client.post("/support/new", {**WISH, "kept": [kept[1]]})
    assert answer.status_code == 302
    with builders_scope():
        assert Attachment.objects.get(message__ticket=tickets()[0]).filename == "screen.png"


def test_one_file_too_large_and_the_rest_kept(world: World, settings) -> None:
    settings.MAINSTAY_MAX_UPLOAD_BYTES = 1024 * 1024
    client = client_of(world.ana)
    big = a_file("film.mp4", b"x" * (1024 * 1024 + 1))
    answer = client.post("/support/new", {**WISH, "attachments": [a_file(), big]})
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "film.mp4 was not taken. Files may have at most 1 MB." in page
    assert len(re.findall(r'name="kept"', page)) == 1
    assert "It stays **empty**." in page
    assert tickets() == []


def test_too_many_files(world: World) -> None:
    files = [a_file(f"{n}.txt", b"x") for n in range(FILES_LIMIT + 1)]
    answer = client_of(world.ana).post("/support/new", {**WISH, "attachments": files})
    page = unescape(answer.content.decode())
    assert f"{FILES_LIMIT}.txt was not taken. At most {FILES_LIMIT} files can be sent at once." in page
    assert len(re.findall(r'name="kept"', page)) == FILES_LIMIT


def test_somebody_elses_file_is_not_taken_along(world: World) -> None:
    felix = client_of(world.felix)
    page = felix.post("/support/new", {**WISH, "subject": "", "attachments": [a_file()]}).content.decode()
    theirs = re.search(r'name="kept" value="([^"]+)"', page)
    assert theirs
    client_of(world.ana).post("/support/new", {**WISH, "kept": [theirs[1], "not-an-id"]})
    with builders_scope():
        assert not Attachment.objects.filter(message__isnull=False).exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"subject": "x" * (SUBJECT_LIMIT + 1)}, "At most 300 characters; this has 301."),
        ({"body": ""}, "Describe what happened."),
        ({"body": " \n "}, "Describe what happened."),
        ({"severity": "P9"}, "P9"),
        ({"category": "nonsense"}, "nonsense"),
        ({"module": "m" * 81}, "80"),
        ({"requester": "nobody@acme.example"}, "Nobody of your organisation has this address."),
        ({"requester": "gus@globex.example"}, "Nobody of your organisation has this address."),
        ({"requester": "no address"}, "requester"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(world: World, change: dict[str, str], words: str) -> None:
    answer = client_of(world.ana).post("/support/new", {**WISH, **change})
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert words in page
    assert f'id="id_{next(iter(change))}_error"' in page
    assert tickets() == []


def test_for_a_colleague(world: World) -> None:
    client_of(world.ana).post("/support/new", {**WISH, "requester": "felix@acme.example"})
    (ticket,) = tickets()
    assert (ticket.requester_id, ticket.language) == (world.felix.id, "es")
    client_of(world.felix).post(
        "/support/new", {**WISH, "subject": "Another", "requester": "ana@acme.example"}
    )
    assert tickets()[-1].requester_id == world.felix.id  # the field is not his to send


def test_a_portal_users_emergency_is_proposed(world: World) -> None:
    client = client_of(world.clara)
    answer = client.post("/support/new", {**WISH, "severity": "P1"})
    (ticket,) = tickets()
    assert (ticket.severity, ticket.proposed_severity) == ("P3", "P1")
    assert "We confirm that first" in text_of(client, answer["Location"])


def test_an_ended_session_hands_the_words_back(world: World) -> None:
    client = client_of(world.ana)
    client.logout()
    answer = client.post(
        "/support/new", {**WISH, "body": "Long words <b>here</b>", "attachments": [a_file()]}
    )
    page = unescape(answer.content.decode())
    assert answer.status_code == 401
    assert "The pump report" in page
    assert "Long words <b>here</b>" in page
    assert "Files have to be chosen again." in page
    assert 'href="/sign-in?next=%2Fsupport%2Fnew"' in page
    assert "mainstay_sent" not in answer.cookies  # the browser's draft stays
    assert tickets() == []


def test_a_form_from_elsewhere_stores_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_of(world.ana).cookies
    assert strict.post("/support/new", {**WISH, "attachments": [a_file()]}).status_code == 403
    assert tickets() == []
    with builders_scope():
        assert not Attachment.objects.exists()


def test_links_can_fill_the_form(world: World) -> None:
    page = text_of(
        client_of(world.ana), "/support/new?subject=Billing&severity=P4&category=billing&module=Plans"
    )
    assert 'value="Billing"' in page
    assert re.search(r'value="P4"[^>]*checked', page)
    assert 'value="Plans"' in page


def test_in_spanish(world: World) -> None:
    client = client_of(world.felix)
    page = text_of(client, "/support/new")
    assert "Pedir ayuda" in page
    assert "respondemos a más tardar" in page
    answer = client.post("/support/new", {**WISH, "subject": ""})
    assert "Resume en pocas palabras de qué se trata." in unescape(answer.content.decode())


def test_names_of_files_are_cleaned(world: World) -> None:
    client = client_of(world.ana)
    client.post("/support/new", {**WISH, "attachments": [a_file("a\u202egnp.exe", b"MZ")]})
    with builders_scope():
        (message,) = Message.objects.all()
        file = Attachment.objects.get(message=message)
    assert "\u202e" not in file.filename
    assert not storage_rules.may_show_inline(file.content_type)
