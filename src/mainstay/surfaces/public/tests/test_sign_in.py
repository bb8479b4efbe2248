"""Signing in by password and by link (PPL-7): what works, what is refused, and that nothing is given away."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.core.wall.scope import sweep
from mainstay.people.access.accounts import find_user, make_link
from mainstay.people.access.jobs import mail_link
from mainstay.people.access.models import SignInLink
from mainstay.people.access.rules import LinkPurpose
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.rules import MemberState
from mainstay.people.tenants.tests.make import PASSWORD, World, make_member, make_user, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world()
    for person in (made.ana, made.felix, made.ari, made.gus):
        make_user(person, password=PASSWORD)
    return made


def enter(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post("/sign-in", {"email": email, "password": password, **more})


@pytest.mark.parametrize(("name", "home"), [("ana", "/support"), ("ari", "/desk")])
def test_password_leads_home(client: Client, world: World, name: str, home: str) -> None:
    person = {**world.members, **world.staff}[name]
    before = client.get("/sign-in").cookies.get("sessionid")
    answer = enter(client, person.email.upper())
    assert (answer.status_code, answer["Location"]) == (302, home)
    assert client.cookies["sessionid"].value
    assert before is None or client.cookies["sessionid"].value != before.value


def test_a_known_session_key_is_not_kept(client: Client, world: World) -> None:
    session = client.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    enter(client, world.ana.email)
    assert client.cookies["sessionid"].value != planted


def test_wrong_unknown_and_linkless_read_the_same(client: Client, world: World) -> None:
    pages = []
    for email in (world.ana.email, "nobody@nowhere.example", world.clara.email):
        answer = enter(Client(), email, "not-the-password")
        assert answer.status_code == 422
        text = re.sub(r'value="[^"]*"|id="[^"]*"', "", answer.content.decode())
        pages.append(re.sub(r"[\w.]+@[\w.]+", "", text))
    assert pages[0] == pages[1] == pages[2]


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/x",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
    ],
)
def test_next_stays_here(client: Client, world: World, target: str) -> None:
    assert enter(client, world.ana.email, next=target)["Location"] == "/support"


def test_next_is_kept(client: Client, world: World) -> None:
    assert (
        enter(client, world.ana.email, next="/support/people?page=2")["Location"] == "/support/people?page=2"
    )


def test_a_form_from_elsewhere_is_refused(world: World) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert enter(strict, world.ana.email).status_code == 403
    assert strict.post("/sign-out").status_code == 403


def test_guessing_ends_and_colleagues_come_in(client: Client, world: World) -> None:
    """Five thousand attempts, shortened: after the tenth the right password is not looked at any more."""
    seen = [enter(client, world.ana.email, f"wrong-{n}").status_code for n in range(14)]
    assert seen[0] == 422
    assert seen[-1] == 429
    right = enter(client, world.ana.email)
    assert right.status_code == 429
    assert int(right["Retry-After"]) > 0
    assert enter(Client(), world.felix.email).status_code == 302


def test_unknown_addresses_are_locked_alike(client: Client, world: World) -> None:
    seen = [enter(client, "nobody@nowhere.example", f"wrong-{n}").status_code for n in range(14)]
    assert seen[-1] == 429


def test_spraying_a_company_does_not_lock_it_out(world: World) -> None:
    for n in range(130):  # more than the address's whole allowance
        enter(Client(), f"person{n}@acme.example", "Spring-2026!")
    assert enter(Client(), world.felix.email).status_code == 302


def test_a_known_browser_is_not_locked_out_by_strangers(client: Client, world: World) -> None:
    enter(client, world.ana.email)
    client.post("/sign-out")
    for n in range(14):
        enter(Client(REMOTE_ADDR="203.0.113.9"), world.ana.email, f"wrong-{n}")
    assert enter(client, world.ana.email).status_code == 302


def test_a_suspended_person_has_no_session_left(client: Client, world: World) -> None:
    enter(client, world.felix.email)
    assert client.get("/switch").status_code == 200
    with sweep("demo"):
        Member.objects.filter(id=world.felix.id).update(state=MemberState.SUSPENDED)
    assert b"access has ended" in client.get("/switch").content
    assert enter(Client(), world.felix.email).status_code == 403


def test_sign_out_needs_a_post(client: Client, world: World) -> None:
    enter(client, world.ana.email)
    assert client.get("/sign-out").status_code == 405
    client.post("/sign-out")
    assert client.get("/switch").status_code == 302


# --- by link


def link_of(world: World, **options) -> str:
    user = find_user(world.ana.email)
    assert user is not None
    return make_link(user, LinkPurpose.SIGN_IN, at=options.pop("at", clock.now()), **options)


def test_looking_does_not_use_a_link_up(client: Client, world: World) -> None:
    token = link_of(world, next_path="/support/people")
    for _ in range(3):  # a mail scanner, a preview, the person
        answer = Client().get(f"/sign-in/link/{token}")
        assert answer.status_code == 200
        assert world.ana.email in answer.content.decode()
    Client().head(f"/sign-in/link/{token}")
    answer = client.post(f"/sign-in/link/{token}")
    assert (answer.status_code, answer["Location"]) == (302, "/support/people")


def test_a_link_works_once(client: Client, world: World) -> None:
    token = link_of(world)
    assert client.post(f"/sign-in/link/{token}").status_code == 302
    again = Client().post(f"/sign-in/link/{token}")
    assert again.status_code == 410
    assert b"used already" in again.content
    assert b"used already" in Client().get(f"/sign-in/link/{token}").content


def test_an_old_link_says_so(client: Client, world: World) -> None:
    token = link_of(world, at=clock.now() - timedelta(minutes=16))
    for answer in (client.get(f"/sign-in/link/{token}"), client.post(f"/sign-in/link/{token}")):
        assert answer.status_code == 410
        assert b"expired" in answer.content
        assert b"Send me a new link" in answer.content


def test_a_cut_link_says_so(client: Client, world: World) -> None:
    token = link_of(world)
    answer = client.get(f"/sign-in/link/{token[:-5]}")
    assert answer.status_code == 404
    assert b"not complete" in answer.content
    assert client.get("/sign-in/link/" + "x" * 43).status_code == 404


def test_only_a_hash_is_kept(world: World) -> None:
    token = link_of(world)
    assert token not in str(list(SignInLink.objects.values()))


def test_a_password_link_does_not_sign_in(client: Client, world: World) -> None:
    user = find_user(world.ana.email)
    token = make_link(user, LinkPurpose.PASSWORD, at=clock.now())
    assert client.post(f"/sign-in/link/{token}").status_code == 404


def test_asking_tells_nothing(client: Client, world: World) -> None:
    pages = {}
    for email in (world.ana.email, "nobody@nowhere.example"):
        answer = client.post("/sign-in/link", {"email": email})
        assert answer.status_code == 200
        pages[email] = answer.content.decode().replace(email, "")
    assert len(set(pages.values())) == 1


def test_the_mail_brings_in(client: Client, world: World) -> None:
    mail_link.func(purpose="sign_in", email=world.ana.email, next_path="/support/keys")
    with sweep("send_mail"):
        mail = Delivery.objects.get(kind="access.sign_in_link", email=world.ana.email)
    path = re.search(r"https?://[^/]+(/sign-in/link/\S+)", mail.text)[1]
    assert mail.is_secret
    assert client.post(path)["Location"] == "/support/keys"


def test_no_mail_for_nobody(world: World) -> None:
    mail_link.func(purpose="sign_in", email="nobody@nowhere.example")
    with sweep("demo"):
        Member.objects.filter(id=world.felix.id).update(state=MemberState.SUSPENDED)
    mail_link.func(purpose="sign_in", email=world.felix.email)
    with sweep("send_mail"):
        assert not Delivery.objects.exists()


def test_a_mailbox_is_not_filled(client: Client, world: World) -> None:
    seen = [
        Client(REMOTE_ADDR=f"203.0.113.{n}").post("/sign-in/link", {"email": world.ana.email}).status_code
        for n in range(8)
    ]
    assert seen[0] == 200
    assert seen[-1] == 429


# --- several organisations


def test_a_person_of_two_chooses(client: Client, world: World) -> None:
    with sweep("demo"):
        other = make_member(world.globex, "Ana", "field", email=world.ana.email)
    make_user(other)
    answer = enter(client, world.ana.email, next="/support/people")
    assert answer["Location"] == "/switch?next=%2Fsupport%2Fpeople"
    page = client.get(answer["Location"]).content.decode()
    assert "Acme" in page
    assert "Globex" in page
    from mainstay.people.access.models import Membership

    seat = Membership.objects.get(member_id=other.id)
    chosen = client.post("/switch", {"seat": str(seat.id), "next": "/support/people"})
    assert chosen["Location"] == "/support/people"
    foreign = Membership.objects.get(member_id=world.gus.id)
    assert client.post("/switch", {"seat": str(foreign.id)}).status_code == 404


# --- passwords


def test_a_new_password_by_link(client: Client, world: World) -> None:
    elsewhere = Client()
    enter(elsewhere, world.ana.email)
    token = make_link(find_user(world.ana.email), LinkPurpose.PASSWORD, at=clock.now())
    old_link = link_of(world)
    assert client.get(f"/password/set/{token}").status_code == 200
    short = client.post(f"/password/set/{token}", {"password": "short"})
    assert short.status_code == 422
    answer = client.post(f"/password/set/{token}", {"password": "four quiet words here"})
    assert (answer.status_code, answer["Location"]) == (302, "/support")
    assert enter(Client(), world.ana.email, "four quiet words here").status_code == 302
    assert enter(Client(), world.ana.email).status_code == 422
    assert elsewhere.get("/switch").status_code == 302, "sessions with the old password have ended"
    assert Client().post(f"/sign-in/link/{old_link}").status_code == 410, "and open links with them"
    assert Client().get(f"/password/set/{token}").status_code == 410


def test_changing_asks_for_the_present_one(client: Client, world: World) -> None:
    enter(client, world.ana.email)
    wrong = client.post("/password/change", {"present": "nope", "password": "four quiet words here"})
    assert wrong.status_code == 422
    right = client.post("/password/change", {"present": PASSWORD, "password": "four quiet words here"})
    assert right.status_code == 302
    assert client.get("/switch").status_code == 200, "this session goes on"
