"""Signing in through a provider (PPL-7): the first time, the next time, and what such a session may do."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from mainstay.core import clock
from mainstay.core.actor import Role
from mainstay.core.events.models import Event
from mainstay.people.access.accounts import find_user, invitation_token
from mainstay.people.access.actions import invite_member
from mainstay.people.access.attempts import DEVICE_COOKIE
from mainstay.people.access.models import Membership
from mainstay.people.access.providers.models import Provider
from mainstay.people.tenants.actions import NewTenant, create_tenant
from mainstay.people.tenants.models import Member, Tenant
from mainstay.people.tenants.rules import RESERVED_SLUGS, MemberState
from mainstay.people.tenants.tests.make import (
    PASSWORD,
    World,
    acting_as,
    builders_scope,
    make_member,
    make_user,
    sign_in,
)
from mainstay.surfaces.public.urls import urlpatterns
from tests.sso.make import links_of, provider_for, provider_for_staff, says, start, through, verified
from tests.sso.provider import LocalProvider, rsa_key

FAILED = 403


def test_a_member_is_linked_by_the_verified_address_and_then_by_the_subject(
    world: World, one: LocalProvider, client: Client
) -> None:
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    one.person = says("Felix@Acme.example", sub="f1")
    answer = through(client, acme)
    assert (answer.status_code, answer["Location"]) == (302, "/support")
    assert client.get("/support").status_code == 200
    assert links_of(world.acme) == [("f1", world.felix.id)]
    # The next time the address counts for nothing.
    one.person = {"sub": "f1"}
    again = Client()
    assert through(again, acme)["Location"] == "/support"
    one.person = says("ana@acme.example", sub="f1")
    assert through(Client(), acme)["Location"] == "/support"
    assert links_of(world.acme) == [("f1", world.felix.id)]
    with builders_scope():
        names = list(Event.objects.filter(name__startswith="member.provider").values_list("name", flat=True))
    assert names == ["member.provider_linked"]


def test_next_is_kept_and_stays_here(world: World, one: LocalProvider) -> None:
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    one.person = says("felix@acme.example")
    assert through(Client(), acme, next="/support/sla")["Location"] == "/support/sla"
    for evil in ("//evil.example", "https://evil.example/", "/\\evil.example", "/a\n//evil.example"):
        assert through(Client(), acme, next=evil)["Location"] == "/support"


@pytest.mark.parametrize("methods", [("client_secret_basic",), ("client_secret_post",)])
def test_both_ways_to_prove_the_client(world: World, one: LocalProvider, methods: tuple[str, ...]) -> None:
    one.auth_methods = methods
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    one.person = says("felix@acme.example")
    assert through(Client(), acme)["Location"] == "/support"


def test_the_address_may_come_from_userinfo(world: World, one: LocalProvider) -> None:
    one.claims_in_userinfo = True
    one.key = rsa_key("rsa")
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    one.person = says("felix@acme.example")
    assert through(Client(), acme)["Location"] == "/support"


def test_somebody_invited_joins_by_the_invitation_whatever_the_address(
    world: World, one: LocalProvider, client: Client
) -> None:
    acme = provider_for(world.acme, one)
    with acting_as(world.ana) as ana:
        made = invite_member(ana, world.acme.id, email="nora@private.example", role="pm", at=clock.now())
    token = invitation_token(made.id)
    page = client.get(f"/invitation/{token}").content.decode()
    assert "Accept with Acme ID" in page
    one.person = {"sub": "n1", "name": "Nora Ruiz"}
    answer = through(client, acme, purpose="invitation", invitation=token)
    assert answer["Location"] == "/support"
    with builders_scope():
        nora = Member.objects.get(email="nora@private.example")
        assert (nora.state, nora.name) == (MemberState.ACTIVE, "Nora Ruiz")
    assert links_of(world.acme) == [("n1", nora.id)]
    assert through(Client(), acme)["Location"] == "/support"


def test_somebody_invited_may_also_come_by_the_verified_address(
    world: World, one: LocalProvider, client: Client
) -> None:
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    with acting_as(world.ana) as ana:
        made = invite_member(ana, world.acme.id, email="nora@acme.example", role="pm", at=clock.now())
    one.person = says("nora@acme.example")
    assert through(client, acme)["Location"] == "/support"
    # Whoever finds the mail later opens nothing with it.
    assert Client().get(f"/invitation/{invitation_token(made.id)}").status_code == 410


def test_strangers_join_only_where_that_is_switched_on(world: World, one: LocalProvider) -> None:
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    one.person = says("new@acme.example", name="New Hand")
    assert through(Client(), acme).status_code == FAILED
    with builders_scope():
        Provider.objects.update(creates_members=True)
    assert through(Client(), acme)["Location"] == "/support"
    with builders_scope():
        new = Member.objects.get(email="new@acme.example")
        assert (new.role, new.state, new.name) == (Role.FIELD, MemberState.ACTIVE, "New Hand")
    assert through(Client(), acme)["Location"] == "/support"


def test_staff_come_in_by_the_operators_provider(world: World, one: LocalProvider, client: Client) -> None:
    house = provider_for_staff(one)
    one.person = says("ari@mainstay.example")
    assert through(client, house)["Location"] == "/desk"
    assert client.get("/desk").status_code == 200


def test_from_the_own_account_without_any_address(world: World, one: LocalProvider) -> None:
    acme = provider_for(world.acme, one)
    client = sign_in(Client(), world.ana)
    assert "Not linked yet" in client.get("/account/single-sign-on").content.decode()
    one.person = {"sub": "ana-elsewhere"}
    answer = through(client, acme, purpose="link")
    assert answer["Location"] == "/account/single-sign-on"
    assert links_of(world.acme) == [("ana-elsewhere", world.ana.id)]
    fresh = Client()
    assert through(fresh, acme)["Location"] == "/support"
    # By this very link it is not taken away, by another proof it is.
    assert fresh.post(f"/account/single-sign-on/{acme.id}/unlink").status_code == 409
    assert client.post(f"/account/single-sign-on/{acme.id}/unlink").status_code == 302
    assert links_of(world.acme) == []
    assert fresh.get("/support").status_code == 302  # out at once


@pytest.fixture
def in_two(world: World) -> Member:
    """Félix, who sits at Globex as well, with the same address and account."""
    with builders_scope():
        also = make_member(world.globex, "Félix", Role.TENANT_ADMIN, email=world.felix.email)
    make_user(also)
    return also


def test_a_providers_session_sits_on_its_seat_and_on_no_other(
    world: World, in_two: Member, one: LocalProvider, client: Client
) -> None:
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    one.person = says("felix@acme.example")
    through(client, acme)
    assert client.get("/support").status_code == 200
    elsewhere = Membership.objects.get(member_id=in_two.id)
    assert client.post("/switch", {"seat": str(elsewhere.id)}).status_code == 404
    page = client.get("/switch").content.decode()
    assert "Globex" not in page  # who administers Acme's provider does not learn where else Félix sits
    assert "Sign in another way" in page
    # The account itself is not proven either.
    changed = client.post("/password/change", {"present": PASSWORD, "password": "a new one for all of it"})
    assert changed["Location"].startswith("/sign-in?again=1")
    user = find_user(world.felix.email)
    assert user is not None
    assert user.check_password(PASSWORD)
    # And no mark for the browser, which would be a bucket of guesses.
    assert DEVICE_COOKIE not in client.cookies
    # With the password in the same session, both.
    client.post("/sign-in", {"email": world.felix.email, "password": PASSWORD})
    assert client.post("/switch", {"seat": str(elsewhere.id)}).status_code == 302


def test_a_providers_session_does_not_accept_other_invitations(
    world: World, one: LocalProvider, client: Client
) -> None:
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    one.person = says("felix@acme.example")
    through(client, acme)
    with acting_as(world.gus) as gus:
        made = invite_member(gus, world.globex.id, email="felix@acme.example", role="pm", at=clock.now())
    page = client.get(f"/invitation/{invitation_token(made.id)}")
    assert "Its password accepts the invitation" in page.content.decode()
    assert client.post(f"/invitation/{invitation_token(made.id)}", {"password": "x"}).status_code == 422


def test_switched_off_its_sessions_end_and_no_others(
    world: World, one: LocalProvider, client: Client
) -> None:
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    one.person = says("felix@acme.example")
    through(client, acme)
    by_password = Client()
    by_password.post("/sign-in", {"email": world.felix.email, "password": PASSWORD})
    ana = sign_in(Client(), world.ana)
    assert ana.post(f"/support/single-sign-on/{acme.id}", {"do": "disable"}).status_code == 302
    assert client.get("/support").status_code == 302
    assert by_password.get("/support").status_code == 200


def test_required_everywhere_but_for_owners(world: World, in_two: Member, one: LocalProvider) -> None:
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    ana = sign_in(Client(), world.ana)
    page = f"/support/single-sign-on/{acme.id}"
    assert ana.post(page, {"do": "require"}).status_code == 409  # not before she has tried it herself
    one.person = {"sub": "a1"}
    through(ana, acme, purpose="link")
    assert ana.post(page, {"do": "require"}).status_code == 302
    assert ana.get("/support").status_code == 200  # an owner's way out of a broken provider
    # Félix has another seat, which his password still opens; at Acme it is refused.
    felix = Client()
    felix.post("/sign-in", {"email": world.felix.email, "password": PASSWORD})
    here = Membership.objects.get(member_id=world.felix.id)
    assert felix.post("/switch", {"seat": str(here.id)}).status_code == 404
    assert "/sign-in/acme" in felix.get("/switch").content.decode()
    one.person = says("felix@acme.example")
    assert through(felix, acme)["Location"] == "/support"
    assert felix.get("/switch").content.decode().count('name="seat"') == 2
    # Clara has one seat only: the password is right, and leads to the provider.
    make_user(world.clara, password=PASSWORD)
    refused = Client().post("/sign-in", {"email": world.clara.email, "password": PASSWORD})
    assert refused["Location"] == "/sign-in/acme"


def test_staff_are_required_but_for_administrators(world: World, one: LocalProvider) -> None:
    house = provider_for_staff(one, is_required=True)
    assert Client().post("/sign-in", {"email": world.ari.email, "password": PASSWORD})["Location"] == (
        "/sign-in/staff"
    )
    assert Client().post("/sign-in", {"email": world.max.email, "password": PASSWORD})["Location"] == "/desk"
    one.person = says("ari@mainstay.example")
    assert through(Client(), house)["Location"] == "/desk"


def test_the_buttons_follow_the_domain_and_tell_nothing_of_people(
    world: World, one: LocalProvider, other: LocalProvider, client: Client
) -> None:
    provider_for(world.acme, one)
    provider_for(world.globex, other)
    verified(world.acme, "acme.example")  # Globex has verified nothing
    provider_for_staff(one)
    known = client.get("/sign-in/offers", {"email": "ana@acme.example"}).content
    unknown = client.get("/sign-in/offers", {"email": "nobody@acme.example"}).content
    assert b"Sign in with Acme ID" in known
    assert strip(known) == strip(unknown)
    assert b"form" not in client.get("/sign-in/offers", {"email": "gus@globex.example"}).content
    assert b"House ID" in client.post("/sign-in/organisation", {"email": "x@mainstay.example"}).content
    assert b"Acme ID" in client.get("/sign-in/acme").content
    assert client.get("/sign-in/initech").status_code == 404
    assert b"House ID" in client.get("/sign-in/staff").content


def strip(page: bytes) -> bytes:
    return re.sub(rb'value="[^"]*"', b"", page)


def test_going_there_takes_a_form_of_ours(world: World, one: LocalProvider) -> None:
    acme = provider_for(world.acme, one)
    assert Client().get(f"/sso/{acme.id}/start").status_code == 405
    assert start(Client(enforce_csrf_checks=True), acme.id).status_code == 403


def test_a_test_changes_nothing_and_shows_what_was_said(world: World, one: LocalProvider) -> None:
    acme = provider_for(world.acme, one, is_enabled=False)
    verified(world.acme, "acme.example")
    ana = sign_in(Client(), world.ana)
    one.person = says("felix@acme.example", department="Field")
    page = through(ana, acme, purpose="test").content.decode()
    assert "would be linked by its verified address" in page
    assert "department" in page
    assert links_of(world.acme) == []
    one.person = says("felix@elsewhere.example")
    assert "not of a verified domain" in through(ana, acme, purpose="test").content.decode()
    # Nobody else's to try.
    gus = sign_in(Client(), world.gus)
    assert start(gus, acme.id, purpose="test").status_code == 404
    felix = sign_in(Client(), world.felix)
    assert start(felix, acme.id, purpose="test").status_code == 403
    assert start(Client(), acme.id, purpose="test").status_code == 404


def test_nothing_of_the_account_opens_to_a_provider(world: World, one: LocalProvider, client: Client) -> None:
    """Password, factors, sessions, and what a passkey would be asked."""
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    one.person = says("felix@acme.example")
    through(client, acme)
    pages = [
        "/account/security",
        "/account/security/app",
        "/account/security/passkeys/new",
        "/account/sessions",
        "/account/confirm",
        "/password/change",
    ]
    for page in pages:
        for send in (client.get, client.post):
            answer = send(page)
            assert answer.status_code == 405 or answer["Location"].startswith("/sign-in?again=1"), page
    assert client.get("/account/confirm/options").status_code == 403
    assert client.get("/account/security/passkeys/options").status_code == 302
    assert client.get("/account/single-sign-on").status_code == 200


def test_the_second_factor_stands_between_a_seat_and_the_account(
    world: World, in_two: Member, one: LocalProvider, client: Client
) -> None:
    """Who came by a provider and knows the password has not proven the account before the second factor, also
    when the provider is gone through once more meanwhile."""
    acme = provider_for(world.acme, one)
    verified(world.acme, "acme.example")
    user = find_user(world.felix.email)
    assert user is not None
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    one.person = says("felix@acme.example")
    assert through(client, acme)["Location"] == "/support"
    halfway = client.post("/sign-in", {"email": world.felix.email, "password": PASSWORD})
    assert halfway["Location"].startswith("/sign-in/second")
    elsewhere = str(Membership.objects.get(member_id=in_two.id).id)
    assert client.post("/switch", {"seat": elsewhere}).status_code == 404
    through(client, acme)
    assert client.post("/switch", {"seat": elsewhere}).status_code == 404
    assert client.get("/account/security")["Location"].startswith("/sign-in")


def test_a_demanded_factor_is_the_providers_affair(world: World, one: LocalProvider, client: Client) -> None:
    """Else whoever must come by a provider could never set one up: that takes the account, which opens no seat."""
    acme = provider_for(world.acme, one, is_required=True)
    verified(world.acme, "acme.example")
    with builders_scope():
        Tenant.objects.filter(id=world.acme.id).update(requires_second_factor=True)
    one.person = says("felix@acme.example")
    assert through(client, acme)["Location"] == "/support"
    assert client.get("/support").status_code == 200
    by_password = Client()
    by_password.post("/sign-in", {"email": world.ana.email, "password": PASSWORD})
    assert by_password.get("/support")["Location"].startswith("/account/security")


def test_no_customer_is_called_as_a_page_of_ours(world: World) -> None:
    """A customer's own way in is /sign-in/<slug>."""
    words = {
        str(pattern.pattern).split("/")[1] for pattern in urlpatterns if "sign-in/" in str(pattern.pattern)
    }
    assert words - {"<slug:slug>"} == RESERVED_SLUGS
    with acting_as(world.max) as actor:
        new = NewTenant(name="Staff", plan="business", owner_email="o@staff.example")
        tenant, _owner = create_tenant(actor, new, at=clock.now())
    assert tenant.slug == "staff-2"
