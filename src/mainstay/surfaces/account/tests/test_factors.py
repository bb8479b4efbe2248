"""Authenticator apps, passkeys and recovery codes: set up, used and removed by the person (PPL-7)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from mainstay.core import clock
from mainstay.core.events.models import Event
from mainstay.core.house.current import keep
from mainstay.core.secrets import unseal
from mainstay.core.wall.scope import sweep
from mainstay.people.access.models import OpenSession
from mainstay.people.access.tests.factors import (
    SECRET,
    kinds_of,
    present_code,
    user_of,
    with_app,
    with_passkey,
)
from mainstay.people.access.tests.softkey import SoftKey
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.tests.make import PASSWORD, World, make_user, make_world, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world()
    for person in (made.ana, made.felix, made.ari, made.max, made.gus):
        make_user(person, password=PASSWORD)
    return made


def shown_secret(page: str) -> str:
    found = re.search(r'value="([A-Z2-7 ]{32,})"', page)
    assert found
    return found[1].replace(" ", "")


def mails_to(person) -> list[str]:
    with sweep("send_mail"):
        return sorted(Delivery.objects.filter(email=person.email).values_list("kind", flat=True))


def events_about(person) -> list[str]:
    with sweep("follow_events"):
        return list(Event.objects.filter(subject_id=person.id).order_by("n").values_list("name", flat=True))


@pytest.mark.parametrize("name", ["ana", "ari"])
def test_an_app_is_set_up(world: World, name: str) -> None:
    person = {**world.members, **world.staff}[name]
    client, elsewhere = sign_in(Client(), person), sign_in(Client(), person)
    page = client.get("/account/security/app").content.decode()
    secret = shown_secret(page)
    assert "data:image/svg+xml" in page
    wrong = client.post("/account/security/app", {"code": "000000"})
    assert wrong.status_code == 422
    assert shown_secret(wrong.content.decode()) == secret, "a mistyped code does not ask for a new picture"
    answer = client.post("/account/security/app", {"code": present_code(secret)})
    assert answer.status_code == 200
    codes = re.findall(r"<code>(\d{8})</code>", answer.content.decode())
    assert len(set(codes)) == 10
    assert kinds_of(person) == {"totp", "recovery_codes"}
    assert client.get("/account/security").status_code == 200, "this session goes on"
    assert elsewhere.get("/account/security").status_code == 302, "the others have ended"
    assert mails_to(person) == ["access.totp_added"]
    assert events_about(person) == ["access.factor_added"]
    assert "pending" not in str(client.session.keys())


def test_secrets_are_sealed(world: World) -> None:
    client = sign_in(Client(), world.ana)
    secret = shown_secret(client.get("/account/security/app").content.decode())
    assert secret not in str(dict(client.session))
    client.post("/account/security/app", {"code": present_code(secret)})
    rows = {row.type: row.data for row in Authenticator.objects.all()}
    assert secret not in str(rows)
    assert unseal(rows["totp"]["secret"]) == secret
    assert rows["recovery_codes"]["seed"].startswith("v1.")


def test_codes_are_renewed_and_the_old_ones_gone(world: World) -> None:
    old = with_app(world.ana)
    client = sign_in(Client(), world.ana)
    page = client.post("/account/security/codes").content.decode()
    new = re.findall(r"<code>(\d{8})</code>", page)
    assert set(new).isdisjoint(old)
    assert "download=" in page
    assert all(code not in client.get("/account/security").content.decode() for code in new)
    assert mails_to(world.ana) == ["access.codes_renewed"]


def test_removing_the_last_takes_the_codes_along(world: World) -> None:
    with_app(world.ana)
    client = sign_in(Client(), world.ana)
    assert client.post("/account/security/app/remove").status_code == 302
    assert kinds_of(world.ana) == set()
    assert mails_to(world.ana) == ["access.totp_removed"]
    assert events_about(world.ana) == ["access.factor_removed"]


def test_passkeys_are_added_named_and_removed(world: World) -> None:
    client = sign_in(Client(), world.ana)
    with_passkey(client, name="Laptop")
    with_passkey(client, name="")
    page = client.get("/account/security").content.decode()
    assert "Laptop" in page
    assert "Passkey 2" in page
    first, second = Authenticator.objects.filter(type="webauthn").order_by("id")
    client.post(f"/account/security/passkeys/{first.pk}", {"do": "rename", "name": "Old\nlaptop"})
    first.refresh_from_db()
    assert first.data["name"] == "Old laptop"
    client.post(f"/account/security/passkeys/{second.pk}", {"do": "remove"})
    assert list(Authenticator.objects.filter(type="webauthn")) == [first]


@pytest.mark.parametrize(
    "key",
    [
        SoftKey(origin="https://evil.example"),
        SoftKey(origin="http://sub.localhost:8000"),
        SoftKey(origin="http://localhost:9999"),
        SoftKey(rp_id="evil.example"),
        SoftKey(is_verifying=False),
        SoftKey(cross_origin=True),
    ],
    ids=["origin", "below", "port", "rp", "unverified", "embedded"],
)
def test_a_passkey_of_elsewhere_is_refused(world: World, key: SoftKey) -> None:
    client = sign_in(Client(), world.ana)
    options = client.get("/account/security/passkeys/options").json()
    answer = client.post("/account/security/passkeys/new", {"name": "x", "passkey": key.create(options)})
    assert answer.status_code == 422
    assert kinds_of(world.ana) == set()


@pytest.mark.parametrize(
    "nonsense", ["", "{}", "[]", "null", '{"response": {}}', '{"response": 3}', "[" * 5000]
)
def test_nonsense_is_refused(world: World, nonsense: str) -> None:
    client = sign_in(Client(), world.ana)
    client.get("/account/security/passkeys/options")
    assert client.post("/account/security/passkeys/new", {"passkey": nonsense}).status_code == 422
    assert Client().post("/sign-in/passkey", {"passkey": nonsense}).status_code == 422


def test_an_answer_counts_once(world: World) -> None:
    client = sign_in(Client(), world.ana)
    answer = SoftKey().create(client.get("/account/security/passkeys/options").json())
    sent = {"name": "x", "passkey": answer}
    assert client.post("/account/security/passkeys/new", sent).status_code == 200
    assert client.post("/account/security/passkeys/new", sent).status_code == 422


def test_others_passkeys_are_not_mine(world: World) -> None:
    with_passkey(sign_in(Client(), world.gus))
    theirs = Authenticator.objects.get(type="webauthn")
    client = sign_in(Client(), world.ana)
    for do in ("rename", "remove"):
        answer = client.post(f"/account/security/passkeys/{theirs.pk}", {"do": do, "name": "mine"})
        assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.data["name"] == "Laptop"


# --- showing oneself again


def grow_old(client: Client) -> None:
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()


SENSITIVE = [
    ("get", "/account/security/app"),
    ("post", "/account/security/app/remove"),
    ("get", "/account/security/passkeys/new"),
    ("post", "/account/security/passkeys/1"),
    ("post", "/account/security/codes"),
]


@pytest.mark.parametrize(("method", "path"), SENSITIVE)
def test_a_stolen_session_changes_nothing(world: World, method: str, path: str) -> None:
    with_app(world.ana)
    client = sign_in(Client(), world.ana)
    grow_old(client)
    answer = getattr(client, method)(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/confirm?next=")
    assert kinds_of(world.ana) == {"totp", "recovery_codes"}


def test_password_code_and_passkey_prove_it(world: World) -> None:
    client = sign_in(Client(), world.ana)
    key = with_passkey(client)
    with_app_only(world.ana)
    for words in (
        lambda: {"password": PASSWORD},
        lambda: {"code": present_code()},
        lambda: {"passkey": key.get(client.get("/account/confirm/options").json())},
    ):
        grow_old(client)
        answer = client.post("/account/confirm", {**words(), "next": "/account/security/app"})
        assert (answer.status_code, answer["Location"]) == (302, "/account/security/app")
        assert client.post("/account/security/codes").status_code == 200


def with_app_only(person) -> None:
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(user_of(person), SECRET)


@pytest.mark.parametrize("words", [{"password": "wrong"}, {"code": "123123"}, {"passkey": "{}"}])
def test_what_is_wrong_proves_nothing(world: World, words: dict[str, str]) -> None:
    with_app(world.ana)
    client = sign_in(Client(), world.ana)
    grow_old(client)
    assert client.post("/account/confirm", words).status_code == 422
    assert client.post("/account/security/codes").status_code == 302
    seen = [client.post("/account/confirm", words).status_code for _ in range(12)]
    assert seen[-1] == 429


# --- sessions


def test_sessions_are_listed_in_plain_words(world: World) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR="203.0.113.7")
    client.post("/sign-in", {"email": world.ana.email, "password": PASSWORD})
    sign_in(Client(), world.gus)
    page = client.get("/account/sessions").content.decode()
    assert "Firefox on Windows" in page
    assert "203.0.113.7" in page
    assert page.count("This one") == 1
    assert "End all others" not in page


def test_one_is_ended_and_all_others(world: World) -> None:
    here, there, third = (sign_in(Client(), world.ana) for _ in range(3))
    row = OpenSession.objects.get(session_key=there.session.session_key)
    here.post("/account/sessions", {"session": str(row.id)})
    assert there.get("/account/sessions").status_code == 302
    assert third.get("/account/sessions").status_code == 200
    here.post("/account/sessions")
    assert third.get("/account/sessions").status_code == 302
    assert here.get("/account/sessions").status_code == 200
    assert events_about(world.ana) == ["access.sessions_ended"] * 2


def test_somebody_elses_session_is_not_mine_to_end(world: World) -> None:
    theirs, mine = sign_in(Client(), world.gus), sign_in(Client(), world.ana)
    row = OpenSession.objects.get(session_key=theirs.session.session_key)
    for wanted in (str(row.id), "nonsense"):
        assert mine.post("/account/sessions", {"session": wanted}).status_code == 404
    assert theirs.get("/account/sessions").status_code == 200


def test_being_seen_costs_a_write_a_minute(world: World, django_assert_num_queries) -> None:
    client = sign_in(Client(), world.ana)
    client.get("/account/sessions")

    def writes() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            client.get("/support/profile")
        return sum("access_session" in q["sql"] and q["sql"].startswith("UPDATE") for q in queries)

    assert [writes(), writes()] == [0, 0]
    OpenSession.objects.update(seen_at=clock.now() - timedelta(minutes=2))
    assert [writes(), writes()] == [1, 0]


def test_sessions_end_by_themselves(world: World) -> None:
    client = sign_in(Client(), world.ana)
    keep({"session_idle_hours": "2", "session_days": "3"})
    OpenSession.objects.update(seen_at=clock.now() - timedelta(minutes=119))
    assert client.get("/support/profile").status_code == 200
    OpenSession.objects.update(seen_at=clock.now() - timedelta(minutes=121))
    assert client.get("/support/profile").status_code == 302
    assert not OpenSession.objects.exists()
    client = sign_in(Client(), world.ana)
    OpenSession.objects.update(began_at=clock.now() - timedelta(days=3, minutes=1))
    assert client.get("/api/v1/support/tickets").status_code == 401
    assert client.get("/support/profile").status_code == 302
