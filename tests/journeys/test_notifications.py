"""PPL-13 in a real browser: the bell rings by itself, for the one it is for, and opening the thing reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.core.wall.scope import sweep
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.tests.make import Person, World, acting_as, sign_in
from mainstay.project.testing.live_app import LiveApp
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.actions import assign_ticket
from mainstay.support.tickets.tests.make import make_reply, make_ticket

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def world(committed: None) -> World:
    return make_sla_world()


def enter(page: Page, live_app: LiveApp, person: Person) -> None:
    cookies = sign_in(Client(), person).cookies
    page.context.add_cookies(
        [{"name": "sessionid", "value": cookies["sessionid"].value, "url": live_app.url}]
    )


@pytest.mark.timeout(240)
def test_the_bell_rings_by_itself_and_reading_quiets_it(live_app: LiveApp, page: Page, world: World) -> None:
    from playwright.sync_api import expect

    at = clock.now()
    ticket = make_ticket(world.ana, "The pump report stays empty", at=at)
    enter(page, live_app, world.ari)
    page.goto("/desk")
    bell = page.locator("#bell")
    expect(bell).to_have_attribute("aria-label", "Notifications")
    with acting_as(world.max) as max_:
        assign_ticket(max_, ticket.id, world.ari.id, at=clock.now())
    expect(bell).to_have_attribute("aria-label", "Notifications (1 unread)", timeout=20_000)

    page.keyboard.press("g")
    page.keyboard.press("n")
    row = page.locator(".notice-row")
    expect(row).to_contain_text(f"Max assigned you #{ticket.number}: The pump report stays empty")
    row.get_by_role("button", name="Mark as read").click()
    expect(bell).to_have_attribute("aria-label", "Notifications")
    row.get_by_role("button", name="Mark as unread").click()
    expect(bell).to_have_attribute("aria-label", "Notifications (1 unread)")

    page.get_by_role("button", name="Mark all as read").click()
    expect(bell).to_have_attribute("aria-label", "Notifications")
    page.get_by_role("button", name="Take that back").click()
    expect(bell).to_have_attribute("aria-label", "Notifications (1 unread)")

    row.get_by_role("link").click()
    page.wait_for_url(f"**/desk/tickets/{ticket.number}")
    expect(page.locator("#bell")).to_have_attribute("aria-label", "Notifications")


@pytest.mark.timeout(240)
def test_a_member_chooses_and_no_mail_comes(live_app: LiveApp, page: Page, world: World) -> None:
    from playwright.sync_api import expect

    enter(page, live_app, world.felix)
    page.goto("/account/notifications/preferences")
    answers = page.get_by_role("radiogroup", name="Una respuesta en un ticket mío")
    expect(answers.get_by_role("radio", name="+ correo")).to_be_checked()
    answers.get_by_role("radio", name="Bandeja").check()
    security = page.get_by_role("radiogroup", name="Seguridad de mi cuenta")
    expect(security.get_by_role("radio", name="Desactivado")).to_be_disabled()
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("status").filter(has_text="Guardado.")).to_be_visible()
    expect(answers.get_by_role("radio", name="Bandeja")).to_be_checked()

    ticket = make_ticket(world.felix, "La bomba", at=clock.now())
    make_reply(ticket, world.ari, "Aquí está.", at=clock.now())
    expect(page.locator("#bell")).to_have_attribute(
        "aria-label", "Notificaciones (1 sin leer)", timeout=20_000
    )
    page.locator("#bell").click()
    page.get_by_role("link", name=f"Ari respondió en el #{ticket.number}: La bomba").click()
    page.wait_for_url(f"**/support/tickets/{ticket.number}*")
    with sweep("send_mail"):
        assert not Delivery.objects.filter(kind="ticket.message").exists()
