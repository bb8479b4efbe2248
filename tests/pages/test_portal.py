"""The customers' pages in a real browser: axe, overflow down to 320 px, scripts, long words, Spanish."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.core.actor import Role
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope, make_member, sign_in
from mainstay.project.testing.live_app import LiveApp
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.actions import change_status, share_ticket
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import Severity, Status
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket
from tests.pages.shots import Shot, look

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LONG = "Login loop on Android tablets in the field after updating to 4.12.1, all crews of the northern region affected"
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
HOUR = timedelta(hours=1)


def busy_world(now: datetime) -> tuple[World, dict[str, Ticket]]:
    """Every state a ticket can be in, in the customer's eyes."""
    world = make_sla_world()
    with builders_scope():
        for name in ("Bernadette Vanderbilt-Rodríguez", "Óscar Núñez", "Li Wei"):
            make_member(world.acme, name, Role.PM)
    made = {
        "fresh": make_ticket(
            world.ana, "Cannot export the monthly report", severity=Severity.P2, at=now - HOUR
        ),
        "late": make_ticket(world.ana, LONG, severity=Severity.P1, at=now - 5 * HOUR),
        "waiting": make_ticket(world.ana, "Invoice shows the wrong VAT number", at=now - 70 * HOUR),
        "solved": make_ticket(world.ana, WORD, severity=Severity.P4, at=now - 90 * HOUR),
        "closed": make_ticket(
            world.ana, "How do I invite a vendor?", severity=Severity.P4, at=now - 900 * HOUR
        ),
        "working": make_ticket(world.felix, "La app del móvil no sincroniza", at=now - 30 * HOUR),
    }
    make_reply(
        made["waiting"],
        world.ari,
        "Thank you, Ana.\n\n- Which **country**?\n- Which `invoice`?",
        at=now - 60 * HOUR,
        then_status=Status.WAITING,
    )
    make_reply(made["solved"], world.ari, "Done.", at=now - 50 * HOUR, then_status=Status.RESOLVED)
    make_reply(made["working"], world.ari, "Lo estamos mirando.", at=now - 20 * HOUR)
    make_note(made["working"], world.eve, "Between us: they pay little.", at=now - 19 * HOUR)
    with acting_as(world.ari) as actor:
        change_status(actor, made["closed"].id, Status.CLOSED, at=now - 700 * HOUR)
    with acting_as(world.ana) as actor:
        share_ticket(actor, made["waiting"].id, member_id=world.felix.id, at=now - 40 * HOUR)
    return world, made


@pytest.fixture
def busy(committed: None) -> tuple[World, dict[str, Ticket]]:
    return busy_world(clock.now())


def shots(world: World, made: dict[str, Ticket], person: str) -> list[Shot]:
    cookies = {"sessionid": sign_in(Client(), world.members[person]).cookies["sessionid"].value}
    pages = {
        "tickets": "/support",
        "nothing-found": "/support?q=nowhere",
        "new": "/support/new",
        "sla": "/support/sla",
        "ticket": f"/support/tickets/{made['waiting'].number}",
    }
    if person == "ana":
        pages |= {
            "sent": f"/support/tickets/{made['fresh'].number}?sent=yes",
            "late": f"/support/tickets/{made['late'].number}",
            "solved": f"/support/tickets/{made['solved'].number}",
            "closed": f"/support/tickets/{made['closed'].number}",
            "people": "/support/people",
            "profile": "/support/profile",
            "share": f"/support/tickets/{made['waiting'].number}/share",
        }
    return [Shot(f"{person}-{name}", path, cookies) for name, path in pages.items()]


def folder() -> Path | None:
    """Pictures for people, where the variable says so."""
    named = os.environ.get("PICTURES")
    return Path(named) if named else None


@pytest.mark.timeout(600)
def test_the_owners_pages(
    live_app: LiveApp, browser: "Browser", busy: tuple[World, dict[str, Ticket]]
) -> None:
    pages = shots(*busy, "ana")
    found = look(
        live_app.url, pages, folder(), browser=browser, widths=(360,), themes=("light",), languages=("long",)
    )
    found += look(
        live_app.url, pages, folder(), browser=browser, widths=(1440,), themes=("dark",), languages=("en",)
    )
    if folder():
        found += look(live_app.url, pages, folder(), browser=browser, languages=("en",))
    assert "\n".join(map(str, found)) == ""


@pytest.mark.timeout(600)
def test_in_spanish_and_for_portal_users(
    live_app: LiveApp, browser: "Browser", busy: tuple[World, dict[str, Ticket]]
) -> None:
    world, made = busy
    pages = shots(world, made, "felix")
    cookies = {"sessionid": sign_in(Client(), world.clara).cookies["sessionid"].value}
    pages += [Shot("clara-tickets", "/support", cookies), Shot("clara-new", "/support/new", cookies)]
    found = look(
        live_app.url, pages, folder(), browser=browser, widths=(360,), themes=("dark",), languages=("es",)
    )
    found += look(
        live_app.url, pages, folder(), browser=browser, widths=(1440,), themes=("light",), languages=("es",)
    )
    assert "\n".join(map(str, found)) == ""
