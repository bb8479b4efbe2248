"""The pages about oneself, looked at on both sides: nothing overflows, nothing keeps anybody out."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import Browser

from mainstay.people.access.tests.factors import kept_passkey, with_app
from mainstay.people.tenants.tests.make import World, make_world, sign_in
from mainstay.project.testing.live_app import LiveApp
from tests.pages.shots import Shot, look


@pytest.fixture
def world(committed: None, live_app: LiveApp) -> World:
    made = make_world()
    for person in (made.ana, made.ari):
        with_app(person)
        kept_passkey(person)
    return made


def shots(world: World) -> list[Shot]:
    found = []
    for name in ("ari", "ana", "felix"):
        person = {**world.members, **world.staff}[name]
        cookies = {"sessionid": sign_in(Client(), person).cookies["sessionid"].value}
        paths = (
            ["security", "sessions"]
            if name != "felix"
            else ["security", "security/app", "security/passkeys/new"]
        )
        found += [Shot(f"{name}-{path.replace('/', '-')}", f"/account/{path}", cookies) for path in paths]
        if name == "ana":
            found.append(Shot("demand", "/support/people/second-factor", cookies))
            found.append(Shot("confirm", "/account/confirm", cookies))
    return [*found, Shot("sign-in", "/sign-in")]


def test_pages_about_oneself(world: World, live_app: LiveApp, browser: Browser) -> None:
    assert (
        look(live_app.url, shots(world), browser=browser, widths=[360], themes=["dark"], languages=["es"])
        == []
    )
