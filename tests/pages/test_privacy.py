"""Personal data and the audit log in a real browser, on both sides (PPL-11)."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.core.actor import Role
from mainstay.people.privacy.models import PrivacyRequest
from mainstay.people.staff.looking import note_look
from mainstay.people.tenants.tests.make import (
    BEGINNING,
    World,
    acting_as,
    builders_scope,
    make_member,
    make_world,
    sign_in,
)
from mainstay.project.testing.live_app import LiveApp
from tests.pages.shots import Shot, look
from tests.pages.test_portal import WORD, folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def make_requests(world: World) -> None:
    with builders_scope():
        long = make_member(world.acme, WORD, Role.PM, email=f"{'x' * 60}@acme.example")
        for n, (kind, state, whom) in enumerate(
            [("export", "done", world.felix), ("erasure", "failed", long), ("export", "running", world.clara)]
        ):
            PrivacyRequest.objects.create(
                tenant=world.acme,
                member=whom,
                kind=kind,
                state=state,
                asked_by_kind="member",
                asked_by=world.ana.id,
                created_at=BEGINNING + timedelta(days=n),
                counts={"tickets": 412, "mails": 1203} if kind == "erasure" else {},
                storage_key="k" if state == "done" else "",
                size=48_000_000,
                expires_at=clock.now() + timedelta(days=6) if state == "done" else None,
            )
    with acting_as(world.ari) as ari:
        note_look(ari, world.acme.id, at=clock.now())


@pytest.mark.timeout(600)
def test_personal_data_on_both_sides(
    live_app: LiveApp, browser: "Browser", page: "Page", committed: None
) -> None:
    world: World = make_world()
    keys = {
        who: sign_in(Client(), person).cookies["sessionid"].value
        for who, person in (("ana", world.ana), ("max", world.max), ("felix", world.felix))
    }
    ana, max_, felix = ({"sessionid": keys[who]} for who in ("ana", "max", "felix"))
    empty = [
        Shot("privacy-empty", "/support/privacy", cookies=ana),
        Shot("my-data-empty", "/account/privacy", cookies=felix),
    ]
    assert look(live_app.url, empty, browser=browser, folder=folder()) == []
    make_requests(world)
    shots = [
        Shot("privacy", "/support/privacy", cookies=ana),
        Shot("privacy-desk", "/desk/privacy", cookies=max_),
        Shot("personal", f"/support/people/{world.felix.id}/personal-data", cookies=ana),
        Shot("personal-desk", f"/desk/customers/people/{world.felix.id}/personal-data", cookies=max_),
        Shot("my-data", "/account/privacy", cookies=felix),
        Shot("audit", "/support/audit", cookies=ana),
    ]
    assert look(live_app.url, shots, browser=browser, folder=folder()) == []
    erase_in_the_browser(live_app, page, world, keys["ana"])


def erase_in_the_browser(live_app: LiveApp, page: "Page", world: World, key: str) -> None:
    """The live worker carries it out."""
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": live_app.url}])
    page.goto(f"/support/people/{world.felix.id}")
    page.get_by_role("link", name="Personal data").last.click()
    page.get_by_label("Erase what they wrote as well").check()
    page.get_by_label("The person's address").fill("felix@acme.example")
    page.get_by_role("button", name="Erase this person").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    page.get_by_text("Nobody can sign in with this access any more").wait_for()
    for _ in range(120):
        page.goto("/support/privacy")
        row = page.get_by_role("row").filter(has_text="Erasure").filter(has_text="Erased person")
        if row.filter(has_text="Done").count():
            break
        page.wait_for_timeout(250)
    else:
        pytest.fail("the erasure was not carried out")
