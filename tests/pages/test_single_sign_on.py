"""The pages of single sign-on in a real browser: axe, overflow, scripts, long words, Spanish."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.people.access.providers.models import (
    DomainClaim,
    Provider,
    ProviderLink,
    StaffProvider,
    StaffProviderLink,
)
from mainstay.people.access.providers.rules import Fault
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member, VerifiedDomain
from mainstay.people.tenants.tests.make import World, builders_scope, make_world, sign_in
from mainstay.project.testing.live_app import LiveApp
from tests.pages.shots import Shot, look

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LOOKS = ((360, "light", "long"), (1440, "dark", "en"), (360, "dark", "es"), (1440, "light", "es"))
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk Identity of all northern crews"


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


def with_providers(world: World) -> tuple[Provider, StaffProvider]:
    now = clock.now()
    columns = {"client_id": "0oa1b2c3d4", "client_secret": "x", "created_at": now - timedelta(days=90)}
    with builders_scope():
        issuer = "https://login.microsoftonline.example/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0"
        acme = Provider.objects.create(
            tenant=world.acme, name="Acme ID", issuer=issuer, is_enabled=True, is_required=True,
            tried_at=now - timedelta(minutes=5), **columns,
        )  # fmt: skip
        Provider.objects.create(
            tenant=world.acme, name=LONG, issuer="https://id.example", tried_at=now - timedelta(days=3),
            tried_fault=Fault.CODE_REFUSED, tried_detail="invalid_client", **columns,
        )  # fmt: skip
        for member in (world.ana, world.felix):
            ProviderLink.objects.create(
                tenant=world.acme,
                provider=acme,
                member=member,
                subject=str(member.id),
                created_at=now,
                used_at=now,
            )
        VerifiedDomain.objects.create(tenant=world.acme, domain="acme.example", verified_at=now)
        DomainClaim.objects.create(
            tenant=world.acme, domain="northern-crews.acme-international.example",
            token="b2Zma9Qe4rT0yU1iO5pA7sD8", created_at=now, asked_at=now - timedelta(minutes=9),
            checked_at=now - timedelta(minutes=9), result="not_found",
        )  # fmt: skip
        house = StaffProvider.objects.create(
            name="House ID", issuer="https://id.house.example", is_enabled=True, domains=["mainstay.example"],
            tried_at=now, tried_fault=Fault.SLOW, **columns,
        )  # fmt: skip
        StaffProviderLink.objects.create(provider=house, staff=world.max, subject="m", created_at=now)
    return acme, house


def shots(world: World, acme: Provider, house: StaffProvider) -> list[Shot]:
    ana = {"sessionid": sign_in(Client(), world.ana).cookies["sessionid"].value}
    top = {"sessionid": sign_in(Client(), world.max).cookies["sessionid"].value}
    gus = {"sessionid": sign_in(Client(), world.gus).cookies["sessionid"].value}
    with_cookies = {
        "overview": ("/support/single-sign-on", ana),
        "provider": (f"/support/single-sign-on/{acme.id}", ana),
        "new": ("/support/single-sign-on/new", ana),
        "own": ("/account/single-sign-on", ana),
        "empty": ("/support/single-sign-on", gus),
        "own-empty": ("/account/single-sign-on", gus),
        "desk": ("/desk/single-sign-on", top),
        "desk-provider": (f"/desk/single-sign-on/{house.id}", top),
        "desk-new": ("/desk/single-sign-on/new", top),
    }
    public = {"at": "/sign-in/acme", "organisation": "/sign-in/organisation", "sign-in": "/sign-in"}
    found = [Shot(f"sso-{name}", path, cookies) for name, (path, cookies) in with_cookies.items()]
    return [*found, *(Shot(f"sso-{name}", path) for name, path in public.items())]


def folder() -> Path | None:
    named = os.environ.get("PICTURES")
    return Path(named) if named else None


@pytest.mark.timeout(600)
def test_the_pages_of_single_sign_on(live_app: LiveApp, browser: "Browser", world: World) -> None:
    pages = shots(world, *with_providers(world))
    found = []
    for width, theme, language in LOOKS:
        if language == "es":
            with builders_scope():
                Member.objects.update(language="es")
                Staff.objects.update(language="es")
        found += look(
            live_app.url,
            pages,
            folder(),
            browser=browser,
            widths=(width,),
            themes=(theme,),
            languages=(language,),
        )
    assert "\n".join(map(str, found)) == ""
