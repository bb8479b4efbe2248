"""The mailboxes' pages in a real browser: axe, overflow down to 320 px, scripts, long words, Spanish."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.tests.make import World, builders_scope, make_world, sign_in
from mainstay.project.testing.live_app import LiveApp
from mainstay.support.channels.models import Mailbox, MailboxItem
from mainstay.support.channels.rules import ItemState, Trouble
from tests.pages.shots import Shot, look
from tests.pages.test_portal import LONG, WORD, folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def make_mailboxes() -> dict[str, Mailbox]:
    """None is asked by the application that runs: they are paused, or not due for a day."""
    now = clock.now()
    usual = {
        "kind": "imap",
        "host": "imap.harbourline.example",
        "username": "support@harbourline.example",
        "address": "support@harbourline.example",
        "created_at": now - timedelta(days=90),
        "start_at": now - timedelta(days=90),
        "next_at": now + timedelta(days=1),
    }
    with builders_scope():
        works = Mailbox.objects.create(
            **usual,
            name="Support",
            checked_at=now - timedelta(minutes=2),
            connected_at=now - timedelta(hours=30),
            last_mail_at=now - timedelta(minutes=14),
            tested_at=now - timedelta(minutes=1),
            uid_validity=1,
        )
        broken = Mailbox.objects.create(
            **usual | {"address": f"{WORD[:40]}@{WORD[:50].lower()}.example"},
            name=f"Soporte {WORD[:60]}",
            trouble=Trouble.PASSWORD,
            trouble_words="[AUTHENTICATIONFAILED] Invalid credentials (Failure)",
            failing_since=now - timedelta(hours=3),
            last_mail_at=now - timedelta(hours=4),
            alerted_at=now - timedelta(hours=2),
        )
        Mailbox.objects.create(**usual, name="Old desk", is_enabled=False)
        hook = Mailbox.objects.create(
            **usual | {"kind": "webhook"},
            name="Postmark",
            provider="postmark",
            token="x" * 43,
            token_hash="1" * 64,
        )
        for n, subject in enumerate((LONG, WORD, "")):
            MailboxItem.objects.create(
                mailbox=works,
                uid_validity=1,
                uid=n,
                state=ItemState.PASSED_OVER,
                subject=subject,
                sender="Ana <ana@acme.example>",
                size=91_000_000,
                error="too_large",
                found_at=now - timedelta(hours=n),
            )
    return {"works": works, "broken": broken, "hook": hook}


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


@pytest.mark.timeout(600)
def test_the_mailboxes_pages(live_app: LiveApp, browser: "Browser", world: World) -> None:
    cookies = {"sessionid": sign_in(Client(), world.max).cookies["sessionid"].value}
    empty = [Shot("mailboxes-empty", "/desk/mailboxes", cookies)]
    found = look(
        live_app.url, empty, folder(), browser=browser, widths=(360,), themes=("light",), languages=("es",)
    )
    made = make_mailboxes()
    shots = [
        Shot("mailboxes", "/desk/mailboxes", cookies),
        Shot("mailbox-new-imap", "/desk/mailboxes/new/imap", cookies),
        Shot("mailbox-new-webhook", "/desk/mailboxes/new/webhook", cookies),
        *(Shot(f"mailbox-{name}", f"/desk/mailboxes/{one.id}", cookies) for name, one in made.items()),
        Shot("mailbox-edit", f"/desk/mailboxes/{made['broken'].id}/edit", cookies),
    ]
    for width, theme, language in (
        (360, "dark", "es"),
        (360, "light", "long"),
        (1440, "dark", "en"),
        (1440, "light", "es"),
    ):
        with builders_scope():
            Staff.objects.update(language=language if language == "es" else "en")
        found += look(
            live_app.url,
            shots,
            folder(),
            browser=browser,
            widths=(width,),
            themes=(theme,),
            languages=(language,),
        )
    assert "\n".join(map(str, found)) == ""
