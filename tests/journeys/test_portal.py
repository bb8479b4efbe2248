"""A customer asks in a browser, an agent answers, the page brings the answer by itself."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.people.tenants.tests.make import Person, World, builders_scope, sign_in
from mainstay.project.testing.live_app import LiveApp
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.models import Attachment, Ticket
from mainstay.support.tickets.rules import Status
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket

if TYPE_CHECKING:
    from playwright.sync_api import Page

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cfc0000003"
    "010100c9fe92ef0000000049454e44ae426082"
)


@pytest.fixture
def world(committed: None) -> World:
    return make_sla_world()


def enter(page: "Page", live_app: LiveApp, person: Person) -> None:
    cookies = sign_in(Client(), person).cookies
    page.context.add_cookies(
        [{"name": "sessionid", "value": cookies["sessionid"].value, "url": live_app.url}]
    )


def the_ticket() -> Ticket:
    with builders_scope():
        return Ticket.objects.latest("number")


@pytest.mark.timeout(240)
def test_ana_asks_and_is_answered(live_app: LiveApp, page: "Page", world: World) -> None:
    from playwright.sync_api import expect

    enter(page, live_app, world.ana)
    page.goto("/support")
    page.get_by_role("link", name="Ask for help").click()
    page.get_by_label("What is it about?").fill("The pump report stays empty")
    page.get_by_label("What happens?").fill("Since **this morning**.")
    promise = page.locator("#expected")
    expect(promise.locator(".expected-case:visible")).to_have_count(1)
    for_minor = promise.locator(".expected-case:visible time").first.text_content()
    page.get_by_label("Major feature broken").check()
    expect(promise.locator(".expected-case:visible time").first).not_to_have_text(for_minor or "")
    promised = promise.locator(".expected-case:visible time").first.get_attribute("datetime")
    page.locator("#id_attachments").set_input_files(
        [{"name": "screen.png", "mimeType": "image/png", "buffer": PNG}]
    )
    expect(page.locator(".files .file-name")).to_have_text("screen.png")

    page.reload()  # what was typed is still there
    expect(page.get_by_label("What is it about?")).to_have_value("The pump report stays empty")
    expect(page.get_by_label("Major feature broken")).to_be_checked()
    page.locator("#id_attachments").set_input_files(
        [{"name": "screen.png", "mimeType": "image/png", "buffer": PNG}]
    )
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("status").filter(has_text="Thank you, we have it.")).to_be_visible()
    ticket = the_ticket()
    assert promised is not None
    due = page.locator("#ticket-state .next time").get_attribute("datetime")
    assert due is not None
    assert due[:13] == promised[:13] or abs(int(due[14:16]) - int(promised[14:16])) <= 2
    expect(page.get_by_role("img", name="screen.png")).to_be_visible()
    page.goto("/support/new")
    expect(page.get_by_label("What is it about?")).to_have_value("")  # sent, hence forgotten

    page.goto(f"/support/tickets/{ticket.number}")
    page.get_by_label("Your answer").fill("A half-written thought")
    before = page.locator("#m-" + first_message(page)).bounding_box()
    page.evaluate("window.sameDocument = true")
    with builders_scope():
        attached = Attachment.objects.get()
    assert attached.filename == "screen.png"
    make_note(ticket, world.eve, "Nobody outside reads this", at=clock.now())
    make_reply(ticket, world.ari, "Please **restart** the pump.", at=clock.now(), then_status=Status.WAITING)
    expect(page.locator("#thread .message")).to_have_count(2)
    expect(page.locator("#thread")).to_contain_text("Please restart the pump.")
    expect(page.locator("#ticket-state .next")).to_contain_text("Waiting for your answer.")
    assert page.evaluate("window.sameDocument") is True
    assert page.locator("#m-" + first_message(page)).bounding_box() == before
    expect(page.get_by_label("Your answer")).to_have_value("A half-written thought")
    expect(page.locator("body")).not_to_contain_text("Nobody outside reads this")

    page.get_by_label("Your answer").fill("It runs, thank you.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread .message")).to_have_count(3)
    expect(page.get_by_label("Your answer")).to_have_value("")
    page.get_by_role("button", name="This is solved").click()
    expect(page.locator("#ticket-state .next")).to_contain_text("Solved. Closes by itself")
    with builders_scope():
        ticket.refresh_from_db()
    assert ticket.status == Status.RESOLVED


def first_message(page: "Page") -> str:
    found = page.locator("#thread .message").first.get_attribute("id") or ""
    return found.removeprefix("m-")


@pytest.mark.timeout(240)
def test_felix_does_the_same_in_spanish(live_app: LiveApp, page: "Page", world: World) -> None:
    from playwright.sync_api import expect

    enter(page, live_app, world.felix)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/support")
    expect(page.get_by_role("heading", name="Todavía no hay tickets")).to_be_visible()
    page.get_by_role("link", name="Pedir ayuda").click()
    page.get_by_role("button", name="Enviar").click()
    expect(page.get_by_role("alert")).to_contain_text("Resume en pocas palabras de qué se trata.")
    page.get_by_label("¿De qué se trata?").fill("El informe sale vacío")
    page.get_by_label("¿Qué ocurre?").fill("Desde esta mañana.")
    page.get_by_role("button", name="Enviar").click()
    expect(page.get_by_role("status").filter(has_text="Gracias, lo hemos recibido.")).to_be_visible()
    expect(page.locator("#ticket-state .next")).to_contain_text("Respondemos a más tardar")
    make_reply(the_ticket(), world.ari, "Estamos en ello.", at=clock.now())
    expect(page.locator("#thread")).to_contain_text("Estamos en ello.")
    page.get_by_role("button", name="Está resuelto").click()
    expect(page.locator("#ticket-state .next")).to_contain_text("Resuelto. Se cierra solo")


@pytest.mark.timeout(240)
def test_an_ended_session_loses_no_words(live_app: LiveApp, page: "Page", world: World) -> None:
    from playwright.sync_api import expect

    ticket = make_ticket(world.ana, at=clock.now() - timedelta(hours=1))
    enter(page, live_app, world.ana)
    page.goto(f"/support/tickets/{ticket.number}")
    page.get_by_label("Your answer").fill("Words that took an hour")
    page.context.clear_cookies(name="sessionid")
    page.locator("#reply").get_by_role("button", name="Send").click()
    expect(page.get_by_label("What you wrote")).to_have_value("Words that took an hour")
    link = page.get_by_role("link", name="Sign in and go on").get_attribute("href") or ""
    assert re.fullmatch(rf"/sign-in\?next=%2Fsupport%2Ftickets%2F{ticket.number}", link)
    enter(page, live_app, world.ana)
    page.goto(f"/support/tickets/{ticket.number}")
    expect(page.get_by_label("Your answer")).to_have_value("Words that took an hour")


@pytest.mark.timeout(240)
def test_without_scripts(live_app: LiveApp, page: "Page", world: World) -> None:
    from playwright.sync_api import expect

    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(base_url=live_app.url, java_script_enabled=False)
    plain = context.new_page()
    try:
        enter(plain, live_app, world.ana)
        plain.goto("/support/new")
        plain.get_by_label("What is it about?").fill("No scripts here")
        plain.get_by_label("What happens?").fill("Works?")
        plain.locator("label.choice", has_text="System down").click()
        expect(plain.locator('.expected-case[data-severity="P1"]')).to_be_visible()
        expect(plain.locator('.expected-case[data-severity="P3"]')).to_be_hidden()
        plain.get_by_role("button", name="Send").click()
        expect(plain.get_by_role("status").filter(has_text="Thank you")).to_be_visible()
        plain.get_by_label("Your answer").fill("One more thing")
        plain.locator("#reply").get_by_role("button", name="Send").click()
        expect(plain.locator("#thread .message")).to_have_count(2)
        plain.get_by_role("button", name="This is solved").click()
        expect(plain.get_by_role("button", name="It is not solved")).to_be_visible()
    finally:
        context.close()
