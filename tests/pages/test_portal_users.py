"""The customer's own queue, and what its portal users see, looked at in a browser."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser

from mainstay.people.tenants.actions import change_branding
from mainstay.people.tenants.branding import Branding
from mainstay.people.tenants.tests.make import acting_as, sign_in
from mainstay.project.testing.live_app import LiveApp
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.actions import NewMessage, add_tenant_note, escalate_ticket, give_ticket
from mainstay.support.tickets.rules import Source
from mainstay.support.tickets.tests.make import OPENED_AT, make_reply, make_ticket
from tests.pages.shots import Shot, look
from tests.pages.test_portal import folder


@pytest.mark.timeout(600)
def test_pages_of_the_own_queue(committed: None, live_app: LiveApp, browser: Browser) -> None:
    world = make_sla_world()
    waiting = make_ticket(
        world.clara, "The lift in building B is not on the list of the last inspection round"
    )
    taken = make_ticket(world.clara, "Photos are turned on their side")
    passed_on = make_ticket(world.clara, "The report stays empty")
    make_reply(taken, world.ana, "I see it too. Which telephone do you use?")
    with acting_as(world.ana) as ana:
        give_ticket(ana, taken.id, world.felix.id, at=OPENED_AT)
        note = NewMessage(body="Second time this month.", source=Source.PORTAL)
        add_tenant_note(ana, taken.id, note, at=OPENED_AT)
        escalate_ticket(ana, passed_on.id, note="It is your export.", at=OPENED_AT)
        shown = Branding("Acme client desk", "help@acme.example", "+34 600 000 000", "#0a6e5c")
        change_branding(ana, shown, at=OPENED_AT)
    make_reply(passed_on, world.ari, "We look at it.")
    ana_s, clara_s, ari_s = (
        {settings.SESSION_COOKIE_NAME: _key(p)} for p in (world.ana, world.clara, world.ari)
    )
    shots = [
        Shot("queue", "/support/queue", ana_s),
        Shot("handled", f"/support/tickets/{taken.number}", ana_s),
        Shot("escalate", f"/support/tickets/{waiting.number}/escalate", ana_s),
        Shot("appearance", "/support/branding", ana_s),
        Shot("clara-list", "/support", clara_s),
        Shot("clara-ticket", f"/support/tickets/{passed_on.number}", clara_s),
        Shot("clara-new", "/support/new", clara_s),
    ]
    found = look(live_app.url, shots, folder(), browser=browser, themes=("light",), languages=("long",))
    found += look(live_app.url, shots, folder(), browser=browser, themes=("dark",), languages=("es",))
    desk = [Shot("desk", f"/desk/tickets/{passed_on.number}", ari_s)]
    found += look(live_app.url, desk, folder(), browser=browser, themes=("light",), languages=("en",))
    assert found == []


def _key(person: object) -> str:
    return sign_in(Client(), person).cookies[settings.SESSION_COOKIE_NAME].value  # type: ignore[arg-type]
