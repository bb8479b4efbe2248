"""The second step of signing in (PPL-7): who must take it, what is refused, and that nothing is reachable before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from mainstay.core import clock
from mainstay.core.events.models import Event
from mainstay.core.house.current import keep
from mainstay.core.wall.scope import sweep
from mainstay.people.access.accounts import make_link, set_password
from mainstay.people.access.models import OpenSession
from mainstay.people.access.rules import LinkPurpose
from mainstay.people.access.tests.factors import present_code, user_of, with_app, with_passkey
from mainstay.people.access.tests.softkey import SoftKey
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.models import Tenant
from mainstay.people.tenants.tests.make import (
    PASSWORD,
    World,
    make_member,
    make_user,
    make_world,
    sign_in,
    some_id,
)

pytestmark = pytest.mark.django_db
SECOND = "/sign-in/second"


@pytest.fixture
def world() -> World:
    made = make_world()
    for person in (made.ana, made.felix, made.ari, made.gus):
        make_user(person, password=PASSWORD)
    return made


def enter(client: Client, person, password: str = PASSWORD, **more: str):
    return client.post("/sign-in", {"email": person.email, "password": password, **more})


def halfway(person, **options) -> Client:
    client = Client(**options)
    assert enter(client, person)["Location"] == SECOND
    return client


def events_about(person) -> list[Event]:
    with sweep("follow_events"):
        return list(Event.objects.filter(subject_id=person.id).order_by("n"))


@pytest.mark.parametrize(("name", "home"), [("ana", "/support"), ("ari", "/desk")])
def test_password_then_code(world: World, name: str, home: str) -> None:
    person = {**world.members, **world.staff}[name]
    with_app(person)
    client = halfway(person)
    before = client.session.session_key
    assert "six digits" in client.get(SECOND).content.decode()
    answer = client.post(SECOND, {"code": present_code()})
    assert (answer.status_code, answer["Location"]) == (302, home)
    assert client.session.session_key != before
    assert client.get(home).status_code == 200
    (event,) = events_about(person)
    assert event.name == "access.signed_in"
    assert event.data["second_factor"] == "totp"
    assert event.tenant_id == (world.acme.id if name == "ana" else None)


def test_link_then_code(world: World) -> None:
    with_app(world.ana)
    client = Client()
    token = make_link(user_of(world.ana), LinkPurpose.SIGN_IN, at=clock.now(), next_path="/support/people")
    assert client.post(f"/sign-in/link/{token}")["Location"] == SECOND
    assert client.get("/support").status_code == 302
    assert client.post(SECOND, {"code": present_code()})["Location"] == "/support/people"


def test_a_new_password_by_mail_does_not_get_round_it(world: World) -> None:
    with_app(world.ana)
    client = Client()
    token = make_link(user_of(world.ana), LinkPurpose.PASSWORD, at=clock.now())
    answer = client.post(f"/password/set/{token}", {"password": "four quiet words here"})
    assert answer["Location"] == SECOND
    assert client.get("/support").status_code == 302


def test_a_new_password_ends_what_the_old_one_began(world: World) -> None:
    with_app(world.ana)
    thief = halfway(world.ana)
    set_password(user_of(world.ana), "four quiet words here", at=clock.now())
    assert thief.post(SECOND, {"code": present_code()})["Location"] == "/sign-in"
    assert thief.get("/support").status_code == 302


def test_a_code_counts_once(world: World) -> None:
    with_app(world.ana)
    code = present_code()
    assert halfway(world.ana).post(SECOND, {"code": code}).status_code == 302
    again = halfway(world.ana).post(SECOND, {"code": code})
    assert again.status_code == 422
    assert halfway(world.ana).post(SECOND, {"code": present_code(steps=1)}).status_code == 302
    earlier = halfway(world.ana).post(SECOND, {"code": code})
    assert earlier.status_code == 422, "nor one from before the last that was used"


def test_a_recovery_code_counts_once(world: World) -> None:
    codes = with_app(world.ana)
    assert halfway(world.ana).post(SECOND, {"code": f"{codes[0][:4]} {codes[0][4:]}"}).status_code == 302
    assert halfway(world.ana).post(SECOND, {"code": codes[0]}).status_code == 422
    assert halfway(world.ana).post(SECOND, {"code": codes[1]}).status_code == 302


def test_codes_of_others_are_wrong(world: World) -> None:
    with_app(world.ana)
    theirs = with_app(world.gus)
    assert halfway(world.ana).post(SECOND, {"code": theirs[0]}).status_code == 422


def test_a_wrong_code_is_told_to_the_audit_log(world: World) -> None:
    with_app(world.ana)
    halfway(world.ana, REMOTE_ADDR="203.0.113.9").post(SECOND, {"code": "000000"})
    (event,) = events_about(world.ana)
    assert (event.name, event.ip) == ("access.factor_failed", "203.0.113.9")
    assert event.tenant_id == world.acme.id
    with_app(world.ari)
    halfway(world.ari).post(SECOND, {"code": "000000"})
    (event,) = events_about(world.ari)
    assert event.tenant_id is None


def addresses() -> list[str]:
    """Every page and operation, with something in the place of each object."""
    stand_ins = {"uuid": str(some_id()), "int": "1", "slug": "acme", "str": "x"}

    def walk(patterns, before: str):
        for pattern in patterns:
            path = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern):
                for name, converter in pattern.pattern.converters.items():
                    kind = type(converter).__name__.removesuffix("Converter").lower()
                    kind = {"string": "str"}.get(kind, kind)
                    path = path.replace(f"<{kind}:{name}>", stand_ins.get(kind, "1"))
                yield "/" + path.replace("^", "").replace("$", "").replace("\\.", ".")

    return sorted(set(walk(get_resolver().url_patterns, "")))


OPEN = {
    "/", "/healthz", "/readyz", "/preferences", "/sign-in", "/sign-in/link", "/sign-in/link/x", "/sign-out",
    "/sign-in/second", "/sign-in/second/options", "/sign-in/passkey", "/sign-in/passkey/options", "/switch",
    "/password/reset", "/password/set/x", "/password/change", "/invitation/x", "/set-up/x", "/account/confirm",
}  # fmt: skip


def test_halfway_in_nothing_is_reachable(world: World) -> None:
    """Every address: halfway in answers as a stranger is answered."""
    with_app(world.ana)
    client, stranger, seen = halfway(world.ana), Client(), 0
    for path in addresses():
        if path in OPEN or path.startswith(("/gallery", "/api/v1/openapi", "/api/v1/docs", "/sign-in")):
            continue
        mine, theirs = client.get(path), stranger.get(path)
        assert mine.status_code == theirs.status_code, path
        assert mine.status_code != 200 or mine.content == theirs.content, path
        assert mine.get("Location") == theirs.get("Location"), path
        seen += mine.status_code in (302, 401)
    assert seen > 40
    assert client.get("/switch")["Location"] == "/sign-in"
    assert client.get("/password/change")["Location"] == "/sign-in"
    assert client.get("/account/confirm")["Location"] == "/sign-in"
    assert not OpenSession.objects.exists()


def test_without_the_first_step_there_is_no_second(world: World) -> None:
    with_app(world.ana)
    assert Client().get(SECOND)["Location"] == "/sign-in"
    assert Client().post(SECOND, {"code": present_code()})["Location"] == "/sign-in"
    assert Client().get(f"{SECOND}/options").status_code == 409


def test_waiting_too_long_begins_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_app(world.ana)
    client = halfway(world.ana)
    session = client.session
    session["account_login"]["initiated_at"] -= 901
    session.save()
    assert client.post(SECOND, {"code": present_code()})["Location"] == "/sign-in"


def test_the_seat_of_an_invitation_is_taken_behind_it(world: World) -> None:
    """Somebody of two organisations, halfway: the one that was asked for is sat on afterwards."""
    with sweep("demo"):
        other = make_member(world.globex, "Ana", "field", email=world.ana.email)
    make_user(other)
    with_app(world.ana)
    client = Client()
    assert enter(client, world.ana, next="/support/people")["Location"] == SECOND
    assert client.post(SECOND, {"code": present_code()})["Location"].startswith("/switch?next=")
    assert events_about(world.ana) == []
    from mainstay.people.access.models import Membership

    seat = Membership.objects.get(member_id=world.ana.id)
    client.post("/switch", {"seat": str(seat.id)})
    client.post("/switch", {"seat": str(seat.id)})
    assert [event.name for event in events_about(world.ana)] == ["access.signed_in"]
    assert events_about(other) == []


# --- passkeys


def test_a_passkey_as_second_factor(world: World) -> None:
    key = with_passkey(sign_in(Client(), world.ana))
    client = halfway(world.ana)
    options = client.get(f"{SECOND}/options").json()
    assert len(options["publicKey"]["allowCredentials"]) == 1
    answer = key.get(options)
    assert client.post(SECOND, {"passkey": answer})["Location"] == "/support"
    again = halfway(world.ana)
    again.get(f"{SECOND}/options")
    assert again.post(SECOND, {"passkey": answer}).status_code == 422, "an answer to another question"


def test_a_passkey_alone(world: World) -> None:
    key = with_passkey(sign_in(Client(), world.ana))
    client = Client()
    options = client.get("/sign-in/passkey/options").json()
    assert not options["publicKey"].get("allowCredentials")
    answer = client.post("/sign-in/passkey", {"passkey": key.get(options), "next": "/support/people"})
    assert (answer.status_code, answer["Location"]) == (302, "/support/people")
    assert client.get("/support").status_code == 200
    event = events_about(world.ana)[-1]
    assert (event.data["method"], event.data["second_factor"]) == ("webauthn", "")


def refused_keys(key: SoftKey) -> list[SoftKey]:
    from dataclasses import replace

    return [
        replace(key, origin="https://evil.example"),
        replace(key, origin="http://a.localhost:8000"),
        replace(key, rp_id="evil.example"),
        replace(key, is_verifying=False),
        replace(key, cross_origin=True),
        replace(key, user_handle=str(some_id()).encode()),
        SoftKey(credential_id=key.credential_id, user_handle=key.user_handle),
        SoftKey(user_handle=key.user_handle),
    ]


@pytest.mark.parametrize("n", range(8))
def test_a_passkey_alone_is_refused(world: World, n: int) -> None:
    key = refused_keys(with_passkey(sign_in(Client(), world.ana)))[n]
    client = Client()
    options = client.get("/sign-in/passkey/options").json()
    assert client.post("/sign-in/passkey", {"passkey": key.get(options)}).status_code == 422
    assert client.get("/support").status_code == 302


def test_somebody_elses_passkey_is_no_second_factor(world: World) -> None:
    with_passkey(sign_in(Client(), world.ana))
    key = with_passkey(sign_in(Client(), world.gus))
    client = halfway(world.ana)
    assert (
        client.post(SECOND, {"passkey": key.get(client.get(f"{SECOND}/options").json())}).status_code == 422
    )


def test_a_suspended_person_has_no_way_in_by_passkey(world: World) -> None:
    key = with_passkey(sign_in(Client(), world.felix))
    with sweep("demo"):
        type(world.felix).objects.filter(id=world.felix.id).update(state="suspended")
    client = Client()
    options = client.get("/sign-in/passkey/options").json()
    assert client.post("/sign-in/passkey", {"passkey": key.get(options)}).status_code == 403


# --- demanded


def demand(world: World) -> None:
    with sweep("demo"):
        Tenant.objects.filter(id=world.acme.id).update(requires_second_factor=True)


@pytest.mark.parametrize("name", ["ana", "ari", "clara"])
def test_who_has_none_reaches_nothing_else(world: World, name: str) -> None:
    keep({"staff_second_factor": "yes"})
    demand(world)
    person = {**world.members, **world.staff}[name]
    client = sign_in(Client(), person)
    allowed = {"/account/security", "/account/security/app", "/account/security/passkeys/new"}
    for path in addresses():
        if (
            path in OPEN
            or path in allowed
            or path.startswith(("/gallery", "/api/v1/openapi", "/api/v1/docs", "/sign-in", "/sso"))
        ):
            continue
        found = client.get(path)
        if path in ("/account/security/passkeys/options", "/account/confirm/options"):
            assert found.status_code == 200
        elif found.status_code == 302:
            assert found["Location"].startswith("/account/security"), path
        else:
            assert found.status_code in (403, 404, 405), path
            assert found.status_code != 404 or not path.startswith(("/support", "/desk")), path
    assert client.get("/account/security").status_code == 200
    assert client.get("/switch")["Location"] == "/account/security"


def test_the_api_says_why(world: World) -> None:
    demand(world)
    answer = sign_in(Client(), world.ana).get("/api/v1/support/tickets")
    assert answer.status_code == 403
    assert "second factor" in answer.json()["detail"]


def test_setting_one_up_opens_everything(world: World) -> None:
    demand(world)
    client = Client()
    assert enter(client, world.ana)["Location"] == "/support"
    assert client.get("/support")["Location"] == "/account/security?next=%2Fsupport"
    with_passkey(client)
    assert client.get("/support").status_code == 200


def test_other_customers_are_not_asked(world: World) -> None:
    demand(world)
    assert sign_in(Client(), world.gus).get("/support").status_code == 200
    assert sign_in(Client(), world.ari).get("/desk").status_code == 200


# --- mails


def test_a_new_device_is_told(world: World) -> None:
    first = Client()
    enter(first, world.ana)
    enter(first, world.ana)

    def told() -> list[str]:
        with sweep("send_mail"):
            return list(Delivery.objects.filter(kind="access.new_device").values_list("text", flat=True))

    assert told() == [], "the first of all sign-ins is no news"
    first.post("/sign-out")
    enter(first, world.ana)
    assert told() == []
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"
    enter(Client(headers={"User-Agent": agent}, REMOTE_ADDR="203.0.113.5"), world.ana)
    (text,) = told()
    assert "Safari on iPhone" in text
    assert "203.0.113.5" in text


def test_signing_out_is_told(world: World) -> None:
    client = Client()
    enter(client, world.ari)
    client.post("/sign-out")
    assert [event.name for event in events_about(world.ari)] == ["access.signed_in", "access.signed_out"]
    assert not OpenSession.objects.exists()


# --- lock-out


def test_guessing_codes_ends(world: World) -> None:
    """Somebody with the password, from many addresses: a handful of guesses, while the owner still comes in."""
    with_app(world.ana)
    own = Client()
    enter(own, world.ana)
    assert own.post(SECOND, {"code": present_code(steps=-1)}).status_code == 302
    own.post("/sign-out")
    looked_at, strangers = 0, [halfway(world.ana, REMOTE_ADDR=f"203.0.113.{n}") for n in range(25)]
    for n in range(40):
        stranger = strangers[n % 25]
        looked_at += stranger.post(SECOND, {"code": f"{n:06}"}).status_code == 422
    assert looked_at <= 16
    assert stranger.post(SECOND, {"code": present_code()}).status_code == 429
    assert enter(own, world.ana)["Location"] == SECOND
    assert own.post(SECOND, {"code": present_code()}).status_code == 302


def test_waiting_lifts_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_app(world.ana)
    client = halfway(world.ana)
    for n in range(8):
        client.post(SECOND, {"code": f"{n:06}"})
    assert client.post(SECOND, {"code": present_code()}).status_code == 429
    later = clock.now() + timedelta(minutes=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert client.post(SECOND, {"code": present_code()}).status_code == 302
