"""The portal's people and keys (PPL-4, PPL-8), and invitations from mail to membership."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.core.wall.scope import sweep
from mainstay.people.access.models import ApiKey, Invitation, Membership
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import PASSWORD, World, make_member, make_user, make_world, sign_in

pytestmark = pytest.mark.django_db
GOOD = "four quiet words here"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def ana(client: Client, world: World) -> Client:
    return sign_in(client, world.ana)


PAGES = (
    "/support/people",
    "/support/people/invite",
    "/support/people/{felix}",
    "/support/keys",
    "/support/keys/new",
)


@pytest.mark.parametrize("path", [*PAGES, "/support/profile"])
def test_pages_are_there(ana: Client, world: World, path: str) -> None:
    assert ana.get(path.format(felix=world.felix.id)).status_code == 200


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("name", "status"), [("felix", 403), ("clara", 403), ("ari", 404)])
def test_who_does_not_manage_people(client: Client, world: World, path: str, name: str, status: int) -> None:
    sign_in(client, {**world.members, **world.staff}[name])
    assert client.get(path.format(felix=world.felix.id)).status_code == status


def test_gus_finds_nobody_of_acme(client: Client, world: World) -> None:
    sign_in(client, world.gus)
    with sweep("demo"):
        key = ApiKey.objects.create(
            tenant=world.acme, name="k", prefix="msk_x", key_hash="h", created_at=world.acme.created_at
        )
    page = f"/support/people/{world.felix.id}"
    assert client.get(page).status_code == 404
    for what in ("role", "suspend", "restore", "resend", "revoke"):
        assert client.post(page, {"do": what, "role": "pm"}).status_code == 404
    assert client.post(f"/support/keys/{key.id}/revoke").status_code == 404
    everything = client.get("/support/people").content + client.get("/support/keys").content
    assert b"acme.example" not in everything
    with sweep("demo"):
        assert Member.objects.get(id=world.felix.id).state == "active"
        assert ApiKey.objects.get(id=key.id).revoked_at is None


def test_the_list_filters_and_pages(ana: Client, world: World, django_assert_max_num_queries) -> None:
    with sweep("demo"):
        for n in range(120):
            make_member(world.acme, f"Row {n:03}", "field", email=f"row{n:03}@acme.example")
    seen, path = [], "/support/people?q=row&role=field"
    for _ in range(3):
        with django_assert_max_num_queries(14):
            page = ana.get(path).content.decode()
        seen += re.findall(r"Row \d{3}", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = "/support/people" + following[1].replace("&amp;", "&") if following else ""
    assert sorted(set(seen)) == [f"Row {n:03}" for n in range(120)]
    assert path == ""
    assert ana.get("/support/people?after=nonsense").status_code == 422


def invited(world: World, ana: Client, email: str = "nora@acme.example", role: str = "field") -> str:
    """The path of the invitation that came by mail."""
    answer = ana.post("/support/people/invite", {"email": email, "role": role, "name": "Nora"})
    assert answer.status_code == 302, answer.content.decode()
    with sweep("send_mail"):
        mail = Delivery.objects.filter(kind="access.invitation", email=email).latest("created_at")
    assert mail.is_secret
    return re.search(r"https?://[^/]+(/invitation/\w+)", mail.text)[1]


def test_from_invitation_to_work(ana: Client, world: World) -> None:
    path, nora = invited(world, ana), Client()
    page = nora.get(path).content.decode()
    assert "Acme" in page
    assert "nora@acme.example" in page
    assert nora.post(path, {"name": "Nora", "password": "short"}).status_code == 422
    assert Membership.objects.filter(user__email="nora@acme.example").count() == 0
    answer = nora.post(path, {"name": "Nora Ruiz", "password": GOOD})
    assert (answer.status_code, answer["Location"]) == (302, "/support")
    assert nora.get("/support/profile").status_code == 200
    with sweep("demo"):
        member = Member.objects.get(email="nora@acme.example")
        assert (member.state, member.name, member.role) == ("active", "Nora Ruiz", "field")
    again = nora.post(path)
    assert again.status_code == 302, "the person who accepted may press the button again"
    assert Client().post(path, {"password": "other words entirely"}).status_code == 422
    assert Membership.objects.filter(user__email="nora@acme.example").count() == 1


def test_a_second_customer_for_a_known_person(ana: Client, world: World) -> None:
    make_user(world.gus, password=PASSWORD)
    path, gus = invited(world, ana, world.gus.email), Client()
    wrong = gus.post(path, {"password": "not it at all"})
    assert wrong.status_code == 422
    assert gus.post(path, {"password": PASSWORD})["Location"] == "/support"
    assert Membership.objects.filter(user__email=world.gus.email).count() == 2
    page = gus.get("/switch").content.decode()
    assert "Acme" in page
    assert "Globex" in page
    profile = gus.get("/support/profile").content.decode()
    assert world.gus.email in profile


def test_signed_in_as_the_invited_person_one_click_is_enough(ana: Client, world: World) -> None:
    path, gus = invited(world, ana, world.gus.email), sign_in(Client(), world.gus)
    assert gus.post(path)["Location"] == "/support"
    assert Membership.objects.filter(user__email=world.gus.email).count() == 2


def test_signed_in_as_somebody_else(ana: Client, world: World) -> None:
    path = invited(world, ana)
    page = sign_in(Client(), world.gus).post(path)
    assert page.status_code == 409
    assert b"somebody else" in page.content
    with sweep("demo"):
        assert Member.objects.get(email="nora@acme.example").joined_at is None


def test_a_new_invitation_replaces_the_old(ana: Client, world: World) -> None:
    first = invited(world, ana)
    with sweep("demo"):
        nora = Member.objects.get(email="nora@acme.example")
    assert ana.post(f"/support/people/{nora.id}", {"do": "resend"}).status_code == 302
    assert Client().get(first).status_code == 410
    with sweep("send_mail"):
        assert Delivery.objects.filter(kind="access.invitation").count() == 2


def test_revoked_and_invited_again(ana: Client, world: World) -> None:
    path = invited(world, ana)
    with sweep("demo"):
        nora = Member.objects.get(email="nora@acme.example")
    assert ana.post(f"/support/people/{nora.id}", {"do": "revoke"}).status_code == 302
    for answer in (Client().get(path), Client().post(path, {"name": "N", "password": GOOD})):
        assert answer.status_code == 410
    fresh = invited(world, ana)
    assert Client().post(fresh, {"name": "N", "password": GOOD}).status_code == 302


def test_an_old_invitation(ana: Client, world: World) -> None:
    path = invited(world, ana)
    with sweep("demo"):
        Invitation.objects.update(expires_at=clock.now() - timedelta(minutes=1))
    page = Client().get(path)
    assert page.status_code == 410
    assert b"expired" in page.content
    assert Client().get(path[:-9]).status_code == 404


def test_suspended_before_accepting(ana: Client, world: World) -> None:
    path = invited(world, ana)
    with sweep("demo"):
        Member.objects.filter(email="nora@acme.example").update(state="suspended")
    assert Client().post(path, {"name": "N", "password": GOOD}).status_code == 409
    assert Membership.objects.filter(user__email="nora@acme.example").count() == 0


def test_somebody_who_is_there_already(ana: Client, world: World) -> None:
    answer = ana.post("/support/people/invite", {"email": world.felix.email, "role": "pm"})
    assert answer.status_code == 422
    assert b"belongs to the customer already" in answer.content


def test_a_forged_role_is_refused(client: Client, world: World) -> None:
    with sweep("demo"):
        admin = make_member(world.acme, "Adam", "tenant_admin")
    make_user(admin)
    sign_in(client, admin)
    assert (
        client.post("/support/people/invite", {"email": "x@acme.example", "role": "owner"}).status_code == 422
    )
    assert (
        client.post(f"/support/people/{world.felix.id}", {"do": "role", "role": "owner"}).status_code == 422
    )
    assert client.post(f"/support/people/{world.ana.id}", {"do": "suspend"}).status_code == 403


def test_suspending_ends_open_sessions(ana: Client, world: World) -> None:
    felix = sign_in(Client(), world.felix)
    assert felix.get("/support/profile").status_code == 200
    assert ana.post(f"/support/people/{world.felix.id}", {"do": "suspend"}).status_code == 302
    assert felix.get("/support/profile").status_code == 302
    assert ana.post(f"/support/people/{world.felix.id}", {"do": "restore"}).status_code == 302
    assert felix.get("/support/profile").status_code == 200


def test_a_key_is_shown_once(ana: Client, world: World) -> None:
    made = ana.post("/support/keys/new", {"name": "Sync", "scopes": ["tickets:read"]})
    assert re.search(r"msk_[\w-]{43}", made.content.decode())
    assert not re.search(r"msk_[\w-]{43}", ana.get("/support/keys").content.decode())
    wrong = ana.post("/support/keys/new", {"name": "Sync", "scopes": ["tenants:write"]})
    assert wrong.status_code == 422


def test_language_follows_the_person(ana: Client, world: World) -> None:
    assert '<html lang="en"' in ana.get("/support/profile").content.decode()
    ana.post("/preferences", {"language": "es", "next": "/support/profile"})
    with sweep("demo"):
        assert Member.objects.get(id=world.ana.id).language == "es"
    assert '<html lang="es"' in ana.get("/support/profile").content.decode()
    elsewhere = sign_in(Client(), world.ana)
    assert '<html lang="es"' in elsewhere.get("/support/profile").content.decode()


def test_profile_keeps_what_was_typed(ana: Client, world: World) -> None:
    wrong = ana.post("/support/profile", {"name": "Ana María", "zone": "Mars/Base"})
    assert wrong.status_code == 422
    assert "Ana María" in wrong.content.decode()
    assert ana.post("/support/profile", {"name": "Ana María", "zone": "Europe/Madrid"}).status_code == 302
    with sweep("demo"):
        assert Member.objects.get(id=world.ana.id).zone == "Europe/Madrid"
