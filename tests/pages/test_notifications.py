"""Inbox, preferences and the way out of mails in a real browser: axe, overflow, scripts, long words, Spanish."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.core.wall.scope import sweep
from mainstay.people.messages.notices import colleagues, members, notify
from mainstay.people.messages.notices.stopping import Stop
from mainstay.people.tenants.tests.make import Person, World, make_world, sign_in
from mainstay.project.testing.live_app import LiveApp
from mainstay.support.tickets.tests.make import make_ticket
from tests.pages.shots import Shot, look

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LONG = "Login loop on Android tablets in the field after updating to 4.12.1, all crews of the northern region"
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
INBOX = "/account/notifications"


def fill(world: World) -> None:
    at = clock.now()
    ticket = make_ticket(world.ana, LONG, at=at)
    people = {kind: members(world.ana.id, world.felix.id) for kind in ("ticket.answered", "ticket.shared")}
    people |= {
        kind: colleagues(world.ari.id)
        for kind in ("ticket.assigned", "ticket.mention", "sla.breached", "ticket.customer_wrote")
    }
    with sweep("demo"):
        for hours, subject in enumerate(("The pump report stays empty", LONG, WORD) * 4):
            for kind, told in people.items():
                notify(
                    told,
                    kind=kind,
                    subject=("ticket", ticket.id),
                    params={
                        "number": str(ticket.number + hours),
                        "subject": subject,
                        "author": "Max",
                        "message_id": str(ticket.id),
                        "customer": "Acme",
                        "severity": "P1",
                        "promise": "first_response",
                        "due_at": at.isoformat(),
                    },
                    tenant_id=world.acme.id,
                    link="/support",
                    cause=None,
                    at=at - timedelta(hours=7 * hours),
                )
    for person in (world.ana, world.felix, world.ari):
        sign_in(Client(), person).post(f"{INBOX}/read", {"until": (at - timedelta(hours=30)).isoformat()})


def cookies(person: Person) -> dict[str, str]:
    return {"sessionid": sign_in(Client(), person).cookies["sessionid"].value}


@pytest.mark.timeout(900)
def test_the_pages_of_notifications(live_app: LiveApp, committed: None, browser: "Browser") -> None:
    world = make_world()
    fill(world)
    ana, ari, gus, felix = (cookies(person) for person in (world.ana, world.ari, world.gus, world.felix))
    stop = Stop(world.acme.id, world.ana.id, "ticket.answered").url
    leave = Shot("stop", stop[stop.index("/notifications/") :])
    english = [
        Shot("notices-desk", INBOX, ari),
        Shot("notices-portal", INBOX, ana),
        Shot("notices-none", INBOX, gus),
        Shot("choices-desk", f"{INBOX}/preferences", ari),
        Shot("choices-portal", f"{INBOX}/preferences", ana),
        leave,
    ]
    spanish = [Shot("notices-es", INBOX, felix), Shot("choices-es", f"{INBOX}/preferences", felix), leave]
    named = os.environ.get("PICTURES")
    folder = Path(named) if named else None
    found = []
    for pages, width, theme, language in (
        (english, 360, "light", "long"),
        (english, 1440, "dark", "en"),
        (spanish, 360, "dark", "es"),
        (spanish, 1440, "light", "es"),
    ):
        found += look(
            live_app.url,
            pages,
            folder,
            browser=browser,
            widths=(width,),
            themes=(theme,),
            languages=(language,),
        )
    assert "\n".join(map(str, found)) == ""
