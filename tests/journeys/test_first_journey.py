"""The first whole journey: a mail becomes a ticket with its clock running, an agent answers in a browser, the
customer reads it and answers by mail and in the portal, and no other customer can see any of it."""

import email
import email.policy
import smtplib
import time
from collections.abc import Callable
from email.message import EmailMessage
from typing import TYPE_CHECKING, TypeVar

import pytest
from django.test import Client

from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.tests.make import Person, World, builders_scope, sign_in
from mainstay.project.testing.live_app import LiveApp
from mainstay.support.sla.models import Clock
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.models import Message, Ticket

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

T = TypeVar("T")
SUPPORT = "support@mainstay.example"


@pytest.fixture
def world(committed: None) -> World:
    return make_sla_world()


def until(found: Callable[[], T | None], what: str, seconds: float = 30) -> T:
    """Ask again until there is something; the worker is another process."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.05)
    raise AssertionError(f"still no {what}")


def send(app: LiveApp, subject: str, body: str, **headers: str) -> None:
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["Subject"] = "Ana <ana@acme.example>", subject
    mail["To"] = headers.pop("To", SUPPORT)
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(body)
    with smtplib.SMTP(*app.smtp) as server:
        server.send_message(mail)


def mailed(app: LiveApp, kind: str, ticket: Ticket) -> EmailMessage | None:
    """The newest mail of that kind to Ana about the ticket that lies in the outbox."""
    found = None
    for path in sorted(app.outbox.glob("*.eml"), key=lambda p: p.stat().st_mtime):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if str(mail["X-Mainstay"]).startswith(kind) and f"#{ticket.number}]" in mail["Subject"]:
            found = mail
    return found  # type: ignore[return-value]


def enter(page: "Page", app: LiveApp, person: Person) -> None:
    cookie = sign_in(Client(), person).cookies["sessionid"].value
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": app.url}])


def only_ticket() -> Ticket | None:
    with builders_scope():
        return Ticket.objects.first()


def count(ticket: Ticket) -> int:
    with builders_scope():
        return Message.objects.filter(ticket_id=ticket.id).count()


@pytest.mark.timeout(240)
def test_mail_ticket_answer_mail_portal(live_app: LiveApp, page: "Page", world: World) -> None:
    send(live_app, "The pump report stays empty", "Since this morning.\n", Message_ID="<first@acme.example>")
    ticket = until(only_ticket, "ticket")
    confirmation = until(lambda: mailed(live_app, "ticket.confirmation", ticket), "confirmation")
    assert "ana@acme.example" in confirmation["To"]
    assert confirmation["Auto-Submitted"] == "auto-replied"
    with builders_scope():
        assert Clock.objects.filter(ticket_id=ticket.id, met_at__isnull=True, due_at__isnull=False).exists()

    enter(page, live_app, world.ari)
    page.goto("/desk")
    page.get_by_role("link", name="The pump report stays empty").first.click()
    page.wait_for_url(f"**/desk/tickets/{ticket.number}*")
    page.keyboard.press("r")
    page.keyboard.type("Please restart the **pump**.")
    page.keyboard.press("Control+Enter")
    page.locator(".message[data-kind=agent] strong", has_text="pump").wait_for()

    answer = until(lambda: mailed(live_app, "ticket.message", ticket), "answer in the outbox")
    assert "restart" in str(answer.get_body(("plain",)))
    assert "<first@acme.example>" in answer["References"]
    with builders_scope():
        met = Clock.objects.get(ticket_id=ticket.id, kind="first_response")
    assert met.met_at is not None

    send(
        live_app,
        f"Re: {answer['Subject']}",
        "It runs again.\n\nOn Monday Ari wrote:\n> Please restart the pump.\n",
        To=str(answer["Reply-To"]),
        In_Reply_To=str(answer["Message-ID"]),
    )
    until(lambda: count(ticket) == 3, "reply by mail on the ticket")

    enter(page, live_app, world.ana)
    page.goto(f"/support/tickets/{ticket.number}")
    page.locator("strong", has_text="pump").wait_for()
    page.get_by_text("It runs again.").wait_for()
    page.locator("#reply textarea").fill("And the report is complete.")
    page.locator("#reply").get_by_role("button", name="Send").click()
    page.locator(".message", has_text="And the report is complete.").wait_for()
    assert count(ticket) == 4


@pytest.mark.timeout(120)
def test_nobody_else_sees_any_of_it(
    live_app: LiveApp, browser: "Browser", page: "Page", world: World
) -> None:
    send(live_app, "A secret of Acme", "Nobody else may read this.\n")
    ticket = until(only_ticket, "ticket")
    enter(page, live_app, world.gus)
    for path in ("/support", f"/support/tickets/{ticket.number}", f"/desk/tickets/{ticket.number}"):
        answer = page.request.get(live_app.url + path)
        assert "secret of Acme" not in answer.text()
        assert answer.status == (200 if path == "/support" else 404)
    with builders_scope():
        assert not Delivery.objects.filter(email="gus@globex.example").exists()
