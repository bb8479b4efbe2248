"""An agent's ordinary minute, by keyboard: look, take, open, answer, resolve, next."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mainstay.core.clock import now
from mainstay.people.tenants.tests.make import PASSWORD, World, builders_scope, make_user
from mainstay.project.testing.live_app import LiveApp
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.rules import Severity
from mainstay.support.tickets.tests.make import make_reply, make_ticket

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def world(committed: None) -> World:
    world = make_sla_world()
    make_user(world.ari, password=PASSWORD)
    return world


def sign_in(page: "Page") -> None:
    page.goto("/sign-in?next=/desk")
    page.locator("input[name=email]").fill("ari@mainstay.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: urlsplit(address).path == "/desk")


def test_by_keyboard_from_the_queue_to_the_next_ticket(live_app: LiveApp, world: World, page: "Page") -> None:
    at = now()
    first = make_ticket(world.ana, "Pumps stand still", at=at - timedelta(minutes=9), severity=Severity.P1)
    second = make_ticket(world.gus, "A question", at=at - timedelta(minutes=5))
    sign_in(page)

    page.keyboard.press("j")
    assert page.locator(":focus").inner_text() == "Pumps stand still"
    page.keyboard.press("a")
    page.locator("tr", has_text="Pumps stand still").get_by_text("Ari").wait_for()
    page.keyboard.press("o")
    page.wait_for_url(f"**/desk/tickets/{first.number}*")

    page.keyboard.press("n")
    page.keyboard.type("Asked the engineers.")
    assert page.locator("[data-composer] input[value=note]").is_checked()
    page.keyboard.press("Control+Enter")
    page.locator(".message[data-kind=note]", has_text="Asked the engineers.").wait_for()

    page.keyboard.press("r")
    page.keyboard.type("Please restart the **controller**.")
    page.keyboard.press("Control+Enter")
    page.locator(".message[data-kind=agent] strong", has_text="controller").wait_for()
    assert page.locator("#write-body").input_value() == ""

    page.keyboard.press("e")
    page.locator(".toast", has_text="Resolved").wait_for()
    page.keyboard.press(".")
    page.wait_for_url(f"**/desk/tickets/{second.number}*")
    with builders_scope():
        ticket = Ticket.objects.get(id=first.id)
        assert (ticket.status, ticket.assignee_id) == ("resolved", world.ari.id)
        kinds = list(Message.objects.filter(ticket_id=first.id).values_list("visibility", flat=True))
    assert sorted(kinds) == ["all", "all", "operator"]


def test_typed_text_is_there_again_after_leaving(live_app: LiveApp, world: World, page: "Page") -> None:
    ticket = make_ticket(world.ana)
    sign_in(page)
    page.goto(f"/desk/tickets/{ticket.number}#reply")
    page.keyboard.type("Half a sentence")
    page.goto("/desk")
    page.goto(f"/desk/tickets/{ticket.number}")
    assert page.locator("#write-body").input_value() == "Half a sentence"


def test_a_customers_message_appears_without_moving_what_is_typed(
    live_app: LiveApp, world: World, page: "Page"
) -> None:
    ticket = make_ticket(world.ana)
    sign_in(page)
    with page.expect_response(lambda answer: answer.url.startswith(live_app.live_url)):
        page.goto(f"/desk/tickets/{ticket.number}#reply")
    page.keyboard.type("I will")
    make_reply(ticket, world.ana, "It works again!")
    page.get_by_text("It works again!").wait_for()
    page.keyboard.type(" look")
    assert page.locator("#write-body").input_value() == "I will look"
    page.keyboard.press("Control+Enter")
    page.locator(".message[data-kind=agent]", has_text=re.compile("I will look")).wait_for()


def test_a_new_ticket_is_announced_and_moves_nothing(live_app: LiveApp, world: World, page: "Page") -> None:
    sign_in(page)
    with page.expect_response(lambda answer: answer.url.startswith(live_app.live_url)):
        page.goto("/desk?queue=unassigned")
    page.get_by_text("Every open ticket has an owner").wait_for()
    make_ticket(world.ana, "Pumps stand still")
    page.get_by_role("link", name="1 new ticket").click()
    with page.expect_response(lambda answer: answer.url.startswith(live_app.live_url)):
        page.reload()
    make_ticket(world.gus, "A question")
    page.get_by_role("link", name="1 new ticket").wait_for()
    assert page.locator("[data-row]").all_inner_texts() == ["Pumps stand still"]
    page.get_by_role("link", name="1 new ticket").click()
    page.get_by_text("A question").wait_for()


def test_without_scripts_the_work_still_gets_done(live_app: LiveApp, world: World, page: "Page") -> None:
    ticket = make_ticket(world.ana, "Pumps stand still")
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(base_url=live_app.url, java_script_enabled=False)
    plain = context.new_page()
    try:
        sign_in(plain)
        plain.get_by_role("button", name="Take").click()
        plain.get_by_role("link", name="Pumps stand still").click()
        plain.locator("#write-body").fill("Please restart.")
        plain.get_by_role("button", name="Send reply").click()
        plain.locator(".message", has_text="Please restart.").wait_for()
        plain.get_by_role("button", name="Resolve", exact=True).click()
    finally:
        context.close()
    with builders_scope():
        row = Ticket.objects.get(id=ticket.id)
        assert (row.status, row.assignee_id) == ("resolved", world.ari.id)
