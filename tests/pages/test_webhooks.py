"""Webhooks in a real browser, on both sides: every state, long addresses, nothing at all."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.integrations.webhooks.tests.make import make_delivery, make_endpoint
from mainstay.people.tenants.tests.make import Person, builders_scope, make_world, sign_in
from mainstay.project.testing.live_app import LiveApp
from tests.pages.shots import Shot, look

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LONG = "https://hooks.example/a-very-long-path-that-goes-on/" + "without-end/" * 12
HOUR = timedelta(hours=1)


def cookies(person: Person) -> dict[str, str]:
    return {"sessionid": sign_in(Client(), person).cookies["sessionid"].value}


def shots_of(side: str, person: Person) -> list[Shot]:
    now = clock.now()
    working, _s = make_endpoint(person, "https://n8n.example/hook", "ticket.opened", at=now - 50 * HOUR)
    failing, _s = make_endpoint(person, LONG, at=now - 40 * HOUR)
    stopped, _s = make_endpoint(person, "https://old.example/hook", at=now - 90 * HOUR)
    with builders_scope():  # nothing happens for them while they are looked at
        kind = type(working).objects
        kind.update(listens_since=now + 99 * HOUR)
        kind.filter(id=working.id).update(description="n8n", last_success_at=now - HOUR)
        kind.filter(id=failing.id).update(failing_since=now - 2 * HOUR, failures=7)
        kind.filter(id=stopped.id).update(state="failing", failing_since=now - 30 * HOUR)
    make_delivery(failing, at=now, state="delivered", next_at=None, status=200, seconds=0.21, attempts=1)
    make_delivery(failing, at=now, next_at=now + HOUR, error="timeout", attempts=6, tried_at=now)
    make_delivery(stopped, at=now, state="held", next_at=None)
    given_up = make_delivery(
        failing, at=now, state="failed", next_at=None, status=500, attempts=22, seconds=1.5, tried_at=now,
        answer="<html>" + "Internal Server Error " * 20, name="ticket.severity_changed",
    )  # fmt: skip
    mine = cookies(person)
    return [
        Shot(f"{side}-list", "/webhooks", mine),
        Shot(f"{side}-new", "/webhooks/new", mine),
        Shot(f"{side}-failing", f"/webhooks/{failing.id}", mine),
        Shot(f"{side}-stopped", f"/webhooks/{stopped.id}", mine),
        Shot(f"{side}-filtered", f"/webhooks/{failing.id}?state=held", mine),
        Shot(f"{side}-delivery", f"/webhooks/{failing.id}/deliveries/{given_up.id}", mine),
    ]


@pytest.mark.timeout(600)
def test_both_sides_webhooks(committed: None, live_app: LiveApp, browser: "Browser") -> None:
    """`PICTURES=directory` keeps the pictures."""
    world = make_world()
    into = Path(os.environ["PICTURES"]) if "PICTURES" in os.environ else None
    found = []
    looks = {
        "portal": ((360, "light", "long"), (1440, "dark", "es")),
        "desk": ((1440, "light", "en"), (360, "dark", "es")),
    }
    for side, person in (("portal", world.ana), ("desk", world.max)):
        pages = shots_of(side, person)
        for width, theme, language in looks[side]:
            if language == "es":  # a person's own language counts more than the browser's
                with builders_scope():
                    type(person).objects.filter(id=person.id).update(language="es")
            found += look(
                live_app.url,
                pages,
                into,
                browser=browser,
                widths=(width,),
                themes=(theme,),
                languages=(language,),
            )
    assert "\n".join(map(str, found)) == ""
