"""Coming in, in a browser on the running application: invitation by mail, password, link, sign-out."""

from __future__ import annotations

import re
import time
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mainstay.people.tenants.tests.make import PASSWORD, make_user, make_world
from mainstay.project.testing.live_app import LiveApp

GOOD = "four quiet words here"


@pytest.fixture
def world(committed: None, live_app: LiveApp):
    made = make_world()
    make_user(made.ana, password=PASSWORD)
    return made


def mailed_path(outbox: Path, email: str, pattern: str, seconds: float = 30) -> str:
    """The address in the newest mail to somebody: written by the worker, so it takes a moment."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for file in sorted(outbox.glob("*.eml"), key=lambda f: f.stat().st_mtime, reverse=True):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            text = mail.get_body(("plain",)).get_content()
            if email in str(mail["To"]) and (found := re.search(rf"https?://[^/\s]+({pattern})", text)):
                return found[1]
        time.sleep(0.1)
    raise AssertionError(f"no mail to {email} in {outbox}")


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_invited_joined_and_back_by_link(world, live_app: LiveApp, page: Page) -> None:
    sign_in(page, world.ana.email, PASSWORD)
    expect(page).to_have_url(f"{live_app.url}/support")
    page.goto("/support/people/invite")
    page.get_by_label("E-mail").fill("nora@acme.example")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("The invitation to nora@acme.example is on its way.").first).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("nora@acme.example")
    page.get_by_label("Account of Ana").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{live_app.url}/sign-in")

    page.goto(mailed_path(live_app.outbox, "nora@acme.example", r"/invitation/\w+"))
    page.get_by_label("Your name").fill("Nora Ruiz")
    page.get_by_label("Choose a password").fill(GOOD)
    page.get_by_role("button", name="Accept the invitation").click()
    expect(page).to_have_url(f"{live_app.url}/support")
    page.goto("/support/profile")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Nora Ruiz")
    page.get_by_label("Account of Nora Ruiz").click()
    page.get_by_role("button", name="Sign out").click()

    page.goto("/support/profile")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    page.get_by_role("link", name="Send me a link instead").click()
    page.get_by_label("E-mail").fill("nora@acme.example")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    page.goto(mailed_path(live_app.outbox, "nora@acme.example", r"/sign-in/link/[\w-]+"))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{live_app.url}/support/profile")


def test_a_key_is_copied_and_gone(world, live_app: LiveApp, page: Page) -> None:
    sign_in(page, world.ana.email, PASSWORD)
    page.goto("/support/keys/new")
    page.get_by_label("Name").fill("Nightly sync")
    page.get_by_label("Read tickets and their messages").check()
    page.get_by_role("button", name="Create the key").click()
    key = page.get_by_label("Key", exact=True).input_value()
    assert re.fullmatch(r"msk_[\w-]{43}", key)
    answer = page.request.get(
        f"{live_app.url}/api/v1/support/tickets", headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.status == 200
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("table")).to_contain_text(key[:10])
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("table")).to_contain_text("Revoked")
    answer = page.request.get(
        f"{live_app.url}/api/v1/support/tickets", headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.status == 401
