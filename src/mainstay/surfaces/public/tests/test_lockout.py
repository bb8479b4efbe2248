"""Five thousand attempts to come in (PPL-7): what they find out, whom they keep out, and how that ends."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from mainstay.core import clock
from mainstay.core.events.models import Event
from mainstay.core.wall.scope import sweep
from mainstay.people.access.accounts import make_link
from mainstay.people.access.attempts import pay_for_factor, pay_for_password
from mainstay.people.access.jobs import mail_link, tell_lockout
from mainstay.people.access.models import SignInLink
from mainstay.people.access.rules import LinkPurpose
from mainstay.people.access.tests.factors import user_of
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.tests.make import PASSWORD, World, make_user, make_world

pytestmark = pytest.mark.django_db
ATTEMPTS = 5_000


@pytest.fixture
def world() -> World:
    made = make_world()
    for person in (made.ana, made.felix, made.ari):
        make_user(person, password=PASSWORD)
    return made


def enter(client: Client, email: str, password: str = PASSWORD):
    return client.post("/sign-in", {"email": email, "password": password})


def addresses(count: int):
    return (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(count))


def test_many_addresses_at_one_account(world: World) -> None:
    """Five thousand addresses within an hour: a few dozen passwords are looked at, and Ana still comes in from the
    browser she used before."""
    own, at = Client(REMOTE_ADDR="198.51.100.1"), clock.now()
    assert enter(own, world.ana.email).status_code == 302
    own.post("/sign-out")
    let_through = sum(
        pay_for_password(world.ana.email, ip, "", at=at + timedelta(seconds=0.72 * n)) == 0
        for n, ip in enumerate(addresses(ATTEMPTS))
    )
    assert let_through <= 30 + 15, "what the account gives at once, and what comes back within the hour"
    assert enter(Client(REMOTE_ADDR="203.0.113.5"), world.ana.email).status_code == 429
    assert enter(own, world.ana.email).status_code == 302


def test_one_address_at_many_accounts(world: World) -> None:
    """Spraying one password: after the first hundred each account is tried three times in half an hour at most, and
    nobody else is kept out."""
    at = clock.now()
    let_through = sum(
        pay_for_password(
            f"person{n % 500}@acme.example", "203.0.113.9", "", at=at + timedelta(seconds=n / 10)
        )
        == 0
        for n in range(ATTEMPTS)
    )
    assert let_through <= 100 + 500 * 4
    assert enter(Client(REMOTE_ADDR="198.51.100.1"), world.felix.email).status_code == 302
    assert enter(Client(REMOTE_ADDR="203.0.113.9"), world.felix.email).status_code == 302, (
        "nor a colleague behind it"
    )


def test_guesses_of_codes(world: World) -> None:
    """A day of guessing by somebody who has the password."""
    at = clock.now()
    let_through = sum(
        pay_for_factor(world.ana.email, ip, "", at=at + timedelta(seconds=17 * n)) == 0
        for n, ip in enumerate(addresses(ATTEMPTS))
    )
    assert let_through <= 15 + 15 * 2 + 1
    # Three codes of a million count at a time: some of them would be needed for years.
    assert let_through * 3 / 1_000_000 < 0.0002


def answer_of(email: str, n: int) -> str:
    answer = enter(Client(REMOTE_ADDR=f"203.0.113.{n % 200}"), email, f"wrong-{n}")
    page = re.sub(r'value="[^"]*"|id="[^"]*"', "", answer.content.decode())
    return f"{answer.status_code} {page.replace(email, '')}"


def test_known_and_unknown_are_answered_alike_all_the_way(world: World) -> None:
    """Also once they are locked, and in what is deferred behind the answer."""
    strangers = "nobody@nowhere.example"
    for n in range(45):
        assert answer_of(world.ana.email, n) == answer_of(strangers, n), n
    jobs = list(
        ProcrastinateJob.objects.filter(task_name="access.tell_lockout").values_list("args", flat=True)
    )
    assert sorted(job["email"] for job in jobs) == sorted([world.ana.email, strangers])


def test_a_lockout_is_told_once_and_to_nobody_unknown(world: World) -> None:
    tell_lockout.func(email=world.ana.email, what="password", ip="203.0.113.9")
    tell_lockout.func(email="nobody@nowhere.example", what="password", ip="203.0.113.9")
    with sweep("send_mail"):
        (mail,) = Delivery.objects.all()
        (event,) = Event.objects.filter(name="access.locked_out")
    assert (mail.kind, mail.email) == ("access.locked_out", world.ana.email)
    assert (event.tenant_id, event.subject_id, event.ip) == (world.acme.id, world.ana.id, "203.0.113.9")


def lock(email: str) -> Client:
    client = Client(REMOTE_ADDR="203.0.113.9")
    while enter(client, email, "wrong").status_code != 429:
        pass
    return client


def test_time_lifts_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = lock(world.ana.email)
    answer = enter(client, world.ana.email)
    assert answer.status_code == 429
    later = clock.now() + timedelta(seconds=int(answer["Retry-After"]) + 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert enter(client, world.ana.email).status_code == 302


def test_a_link_by_mail_lifts_it(world: World) -> None:
    client = lock(world.ana.email)
    assert client.post("/sign-in/link", {"email": world.ana.email}).status_code == 200
    mail_link.func(purpose="sign_in", email=world.ana.email)
    with sweep("send_mail"):
        mail = Delivery.objects.get(kind="access.sign_in_link")
    path = re.search(r"https?://[^/]+(/sign-in/link/\S+)", mail.text)[1]
    assert client.post(path)["Location"] == "/support"
    client.post("/sign-out")
    assert enter(client, world.ana.email).status_code == 302, "a browser that is known now"


# --- links that are not in order


def test_links_are_refused_with_a_way_on(world: World) -> None:
    user, at = user_of(world.ana), clock.now()
    good = make_link(user, LinkPurpose.SIGN_IN, at=at)
    old = make_link(user, LinkPurpose.SIGN_IN, at=at - timedelta(minutes=15))
    used = make_link(user, LinkPurpose.SIGN_IN, at=at)
    assert Client().post(f"/sign-in/link/{used}").status_code == 302
    for token, status, said in (
        (old, 410, "expired"),
        (used, 410, "used already"),
        (good[:-1], 404, "not complete"),
        (good[: len(good) // 2], 404, "not complete"),
        (good + "x", 404, "not known"),
        (good + "%0A", 404, "not known"),
        (good.swapcase(), 404, "not known"),
    ):
        for send in (Client().get, Client().post):
            answer = send(f"/sign-in/link/{token}")
            assert answer.status_code == status, (token, answer.status_code)
            page = answer.content.decode()
            assert said in page
            assert "Send me a new link" in page
    assert SignInLink.objects.filter(used_at__isnull=True).count() == 2, "the good one and the old one"
    assert Client().post(f"/sign-in/link/{good}").status_code == 302


def test_scanners_use_nothing_up(world: World) -> None:
    token = make_link(user_of(world.ana), LinkPurpose.SIGN_IN, at=clock.now())
    for n in range(20):
        scanner = Client(REMOTE_ADDR=f"203.0.113.{n}", headers={"User-Agent": "Mozilla/5.0 SafeLinks"})
        assert scanner.get(f"/sign-in/link/{token}").status_code == 200
        assert scanner.head(f"/sign-in/link/{token}").status_code == 200
        assert scanner.options(f"/sign-in/link/{token}").status_code == 405
        assert "_auth_user_id" not in scanner.session
    assert Client().post(f"/sign-in/link/{token}").status_code == 302


# --- passwords


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short words", "at least 12"),
        ("ana@acme.example", "too similar"),
        ("123456789012345", "entirely numeric"),
        ("password1234", "too common"),
        ("aaaaaaaaaaaaaaaa", "too much of the same"),
        ("MainstayMainstay!", "little more than our name"),
    ],
)
def test_what_is_easily_guessed_is_refused(world: World, password: str, said: str) -> None:
    token = make_link(user_of(world.ana), LinkPurpose.PASSWORD, at=clock.now())
    answer = Client().post(f"/password/set/{token}", {"password": password})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert authenticate(None, username=world.ana.email, password=PASSWORD) is not None
