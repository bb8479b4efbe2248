"""Second factors and sessions in a browser on the running application: a device of software keeps passkeys and asks
who is using it (PPL-7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from mainstay.people.access.tests.factors import kinds_of, present_code
from mainstay.people.tenants.tests.make import PASSWORD, World, make_user, make_world
from mainstay.project.testing.live_app import LiveApp


@pytest.fixture
def world(committed: None, live_app: LiveApp) -> World:
    made = make_world()
    for person in (made.ana, made.ari):
        make_user(person, password=PASSWORD)
    return made


@pytest.fixture
def url(live_app: LiveApp) -> str:
    """Passkeys want a name, which a number is not."""
    return live_app.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def context(browser: Browser, url: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=url, locale="en-GB", viewport={"width": 1280, "height": 900})
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened, problems = context.new_page(), list[str]()
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda said: problems.append(said.text) if "Security Policy" in said.text else None)
    yield opened
    assert problems == []


@pytest.fixture
def device(page: Page) -> CDPSession:
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp


def enter(page: Page, person) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def leave(page: Page, name: str) -> None:
    page.get_by_label(f"Account of {name}").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in$"))


@pytest.mark.parametrize(("name", "home"), [("ana", "/support"), ("ari", "/desk")])
def test_a_passkey_as_second_factor_and_alone(
    world: World, url: str, page: Page, device: CDPSession, name: str, home: str
) -> None:
    person = {**world.members, **world.staff}[name]
    enter(page, person)
    expect(page).to_have_url(f"{url}{home}")
    page.get_by_label(f"Account of {person.name}").click()
    page.get_by_role("link", name="Security").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("This laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = page.get_by_role("listitem").filter(has_text=re.compile(r"^\d{8}$"))
    expect(codes).to_have_count(10)
    with page.expect_download() as got:
        page.get_by_role("link", name="Download as a file").click()
    assert codes.first.inner_text() in got.value.path().read_text()
    page.get_by_role("link", name="I have kept them").click()
    leave(page, person.name)

    enter(page, person)
    expect(page).to_have_url(f"{url}/sign-in/second")
    page.goto(home)
    expect(page).to_have_url(re.compile("/sign-in"))
    enter(page, person)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{url}{home}")
    leave(page, person.name)

    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{url}{home}")
    page.goto("/account/security")
    expect(page.get_by_text("This laptop")).to_be_visible()
    page.get_by_role("button", name="Remove").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The passkey is removed.").first).to_be_visible()
    assert kinds_of(person) == set()


def test_a_device_without_a_passkey_says_that_nothing_came_of_it(
    world: World, url: str, page: Page, device: CDPSession
) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Nothing came of it.")).to_be_visible()
    enter(page, world.ana)
    expect(page).to_have_url(f"{url}/support")


def test_an_app_by_its_picture_and_key(world: World, url: str, page: Page) -> None:
    enter(page, world.ana)
    page.goto("/account/security/app")
    secret = page.get_by_label("Key", exact=True).input_value().replace(" ", "")
    picture = unquote(page.get_by_alt_text("The key as a picture").get_attribute("src") or "")
    assert picture.startswith("data:image/svg+xml,")
    assert "<path" in picture
    page.get_by_label("Code").fill(present_code(secret))
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    leave(page, "Ana")
    enter(page, world.ana)
    page.get_by_label("Code").fill(present_code(secret, steps=1))
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page).to_have_url(f"{url}/support")


def test_a_session_ended_elsewhere_is_signed_out(world: World, browser: Browser, live_app: LiveApp) -> None:
    """On an open page with its live stream."""
    here, there = (browser.new_context(base_url=live_app.url, locale="en-GB") for _ in range(2))
    mine, stolen = here.new_page(), there.new_page()
    for page in (mine, stolen):
        enter(page, world.ari)
        expect(page).to_have_url(f"{live_app.url}/desk")
    with stolen.expect_event("requestfinished", lambda request: request.url.startswith(live_app.live_url)):
        mine.goto("/account/sessions")
        mine.get_by_role("row").filter(has_not_text="This one").get_by_role("button", name="End").click()
        expect(mine.get_by_text("1 session is ended.").first).to_be_visible()
    stolen.reload()
    expect(stolen).to_have_url(re.compile("/sign-in"))
    expect(mine.get_by_role("row")).to_have_count(2)
    for context in (here, there):
        context.close()
