"""Single sign-on in a browser, against a provider of our own on the loopback (PPL-7)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from mainstay.people.tenants.tests.make import PASSWORD, make_user, make_world
from mainstay.project.testing.live_app import LiveApp
from tests.sso.make import says, verified
from tests.sso.provider import LocalProvider, serving


@pytest.fixture
def world(committed: None, live_app: LiveApp):
    made = make_world()
    for person in (made.ana, made.felix, made.max, made.ari):
        make_user(person, password=PASSWORD)
    return made


@pytest.fixture
def provider() -> Iterator[LocalProvider]:
    with serving(LocalProvider(asks=True)) as running:
        yield running


def by_password(page: Page, email: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page, name: str) -> None:
    page.get_by_label(f"Account of {name}").click()
    page.get_by_role("button", name="Sign out").click()


def set_up(page: Page, provider: LocalProvider, where: str) -> None:
    page.goto(f"{where}/new")
    page.get_by_label("Name").fill("Acme ID")
    page.get_by_label("Issuer").fill(provider.issuer)
    page.get_by_label("Client ID").fill(provider.client_id)
    page.get_by_label("Client secret").fill(provider.client_secret)
    if where.startswith("/desk"):
        page.get_by_label("Mail domains").fill("mainstay.example")
    page.get_by_role("button", name="Set it up").click()
    provider.redirect_uris.add(page.get_by_label("Redirect URI, to be entered at the provider").input_value())


def test_set_up_tried_switched_on_used_and_required(
    world, live_app: LiveApp, page: Page, provider: LocalProvider
) -> None:
    verified(world.acme, "acme.example")
    by_password(page, world.ana.email)
    expect(page).to_have_url(f"{live_app.url}/support")
    set_up(page, provider, "/support/single-sign-on")
    # Tried: a wrong secret is told from a right one.
    provider.person = says("felix@acme.example", name="Félix")
    provider.client_secret, right = "another", provider.client_secret
    page.get_by_role("button", name="Test it").click()
    page.get_by_role("button", name="Sign in here").click()
    expect(page.get_by_text("invalid_client")).to_be_visible()
    provider.client_secret = right
    page.get_by_role("button", name="Test again").click()
    page.get_by_role("button", name="Sign in here").click()
    expect(page.get_by_text("This account would be linked by its verified address")).to_be_visible()
    page.get_by_role("link", name="Back to the provider").click()
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("switched on").first).to_be_visible()
    # Ana's own link, which an owner makes from her account.
    page.goto("/account/single-sign-on")
    provider.person = {"sub": "ana"}
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_role("button", name="Sign in here").click()
    expect(page.get_by_text("You can sign in with Acme ID from now on.").first).to_be_visible()
    page.goto("/support/single-sign-on")
    page.get_by_role("link", name="Acme ID").click()
    page.get_by_role("button", name="Require single sign-on").click()
    page.get_by_role("dialog").get_by_role("button", name="Require").click()
    expect(page.get_by_text("Only owners can sign in by password")).to_be_visible()
    sign_out(page, "Ana")
    # Félix types his address; the button appears by itself.
    page.goto("/sign-in?next=/support/sla")
    page.get_by_label("E-mail").fill("felix@acme.example")
    page.get_by_label("Password").focus()
    provider.person = says("felix@acme.example", name="Félix")
    page.get_by_role("button", name="Sign in with Acme ID").click()
    page.get_by_role("button", name="Sign in here").click()
    expect(page).to_have_url(f"{live_app.url}/support/sla")
    page.goto("/support/profile")
    sign_out_spanish(page)
    by_password(page, world.felix.email)
    expect(page).to_have_url(f"{live_app.url}/sign-in/acme")


def sign_out_spanish(page: Page) -> None:
    """Félix reads Spanish."""
    page.get_by_label("Cuenta de Félix").click()
    page.get_by_role("button", name="Cerrar sesión").click()
    page.context.clear_cookies()


def test_staff_by_the_operators_provider(
    world, live_app: LiveApp, page: Page, provider: LocalProvider
) -> None:
    by_password(page, world.max.email)
    set_up(page, provider, "/desk/single-sign-on")
    page.get_by_role("button", name="Switch on").click()
    sign_out(page, "Max")
    page.goto("/sign-in/organisation")
    page.get_by_label("E-mail").fill("ari@mainstay.example")
    page.get_by_role("button", name="Continue").click()
    provider.person = says("ari@mainstay.example")
    page.get_by_role("button", name="Sign in with Acme ID").click()
    page.get_by_role("button", name="Sign in here").click()
    expect(page).to_have_url(f"{live_app.url}/desk")
