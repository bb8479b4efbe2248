"""Providers that lie, break, hang or are mixed up; customers whose providers speak for people who are not theirs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.core.actor import Role
from mainstay.core.events.models import Event
from mainstay.people.access.models import Membership
from mainstay.people.access.providers import conversation
from mainstay.people.access.providers.models import Provider, ProviderLink, StaffProviderLink
from mainstay.people.access.providers.rules import Fault
from mainstay.people.access.queries import hash_token
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import (
    World,
    builders_scope,
    make_member,
    make_user,
    sign_in,
)
from tests.sso.make import (
    links_of,
    provider_for,
    provider_for_staff,
    says,
    start,
    state_of,
    through,
    verified,
    visit,
)
from tests.sso.provider import (
    LocalProvider,
    ec_key,
    public_key_as_a_secret,
    rsa_key,
    signed_with_the_public_key,
    unsigned,
)


def fault_of(answer: Any) -> Fault:
    assert answer.status_code in (403, 503), answer.status_code
    return Fault(answer.context["fault"])


def is_out(client: Client) -> bool:
    return client.get("/support").status_code == 302 and "_auth_user_id" not in client.session


@pytest.fixture
def acme(world: World, one: LocalProvider) -> Provider:
    made = provider_for(world.acme, one, creates_members=True)
    verified(world.acme, "acme.example")
    one.person = says("felix@acme.example")
    return made


@pytest.fixture
def globex(world: World, other: LocalProvider) -> Provider:
    made = provider_for(world.globex, other, creates_members=True)
    verified(world.globex, "globex.example")
    return made


# Whose people


@pytest.mark.parametrize("email", ["felix@acme.example", "ana@acme.example"])
def test_each_others_addresses_lead_nowhere(
    world: World, acme: Provider, globex: Provider, one: LocalProvider, other: LocalProvider, email: str
) -> None:
    client = Client()
    other.person = says(email)
    assert fault_of(through(client, globex)) is Fault.OTHER_DOMAIN
    one.person = says("gus@globex.example")
    assert fault_of(through(client, acme)) is Fault.OTHER_DOMAIN
    assert is_out(client)
    assert links_of(world.acme) == links_of(world.globex) == []


def test_a_person_of_both_comes_in_where_the_provider_stands(
    world: World, acme: Provider, globex: Provider, one: LocalProvider, other: LocalProvider
) -> None:
    """The domain is Acme's; Globex has Félix too, and its provider asserts him with the same subject."""
    with builders_scope():
        also = make_member(world.globex, "Félix", Role.FIELD, email="felix@acme.example")
    make_user(also)
    other.person = one.person
    assert fault_of(through(Client(), globex)) is Fault.OTHER_DOMAIN
    client = Client()
    through(client, acme)
    seat = Membership.objects.get(member_id=world.felix.id)
    assert client.session["membership"] == str(seat.id)
    assert client.get("/support/profile").context["member"].tenant_id == world.acme.id


def test_the_same_subject_at_two_providers_is_two_people(
    world: World, acme: Provider, globex: Provider, one: LocalProvider, other: LocalProvider
) -> None:
    one.person = says("felix@acme.example", sub="1")
    through(Client(), acme)
    other.person = {"sub": "1"}
    assert fault_of(through(Client(), globex)) is Fault.NO_EMAIL
    other.person = says("new@globex.example", sub="1")
    client = Client()
    through(client, globex)
    assert client.get("/support/profile").context["member"].tenant_id == world.globex.id


def test_the_same_subject_at_two_providers_of_one_customer(
    world: World, acme: Provider, one: LocalProvider, other: LocalProvider
) -> None:
    second = provider_for(world.acme, other)
    one.person = says("felix@acme.example", sub="1")
    through(Client(), acme)
    other.person = {"sub": "1"}
    assert fault_of(through(Client(), second)) is Fault.NO_EMAIL


def test_staff_never_come_by_a_customers_provider(world: World, acme: Provider, one: LocalProvider) -> None:
    """Not even where the customer could prove the staff's mail domain, and not into the staff's account."""
    one.person = says("max@mainstay.example")
    assert fault_of(through(Client(), acme)) is Fault.OTHER_DOMAIN
    verified(world.acme, "mainstay.example")
    client = Client()
    through(client, acme)  # creates_members: a field user of Acme who has Max's address
    assert client.get("/desk").status_code == 404
    assert client.get("/support").status_code == 200
    staffs = Membership.objects.get(staff_id=world.max.id)
    assert client.post("/switch", {"seat": str(staffs.id)}).status_code == 404
    changed = client.post("/password/change", {"password": "a password of an impostor"})
    assert changed["Location"].startswith("/sign-in")


def test_members_never_come_by_the_operators_provider(world: World, one: LocalProvider) -> None:
    house = provider_for_staff(one, domains=["mainstay.example", "acme.example"])
    verified(world.acme, "acme.example")
    one.person = says("ana@acme.example")
    assert fault_of(through(Client(), house)) is Fault.NOT_KNOWN
    one.person = says("nobody@mainstay.example")
    assert fault_of(through(Client(), house)) is Fault.NOT_KNOWN
    with builders_scope():
        assert not StaffProviderLink.objects.exists()


@pytest.mark.parametrize("said", [False, None, "true", 1, "false"])
def test_an_address_that_is_not_verified_links_nobody(
    world: World, acme: Provider, one: LocalProvider, said: Any
) -> None:
    one.person = says("felix@acme.example") | {"email_verified": said}
    assert fault_of(through(Client(), acme)) is Fault.UNVERIFIED_EMAIL


def test_address_and_verification_come_from_one_place(
    world: World, acme: Provider, one: LocalProvider
) -> None:
    """The signed token's address must not be vouched for by what userinfo says of another one."""
    one.person = {"sub": "x", "email": "felix@acme.example"}
    one.userinfo = {"sub": "x", "email": "mallory@elsewhere.example", "email_verified": True}
    assert fault_of(through(Client(), acme)) is Fault.OTHER_DOMAIN


def test_an_administrator_does_not_become_an_owner_through_a_provider(
    world: World, acme: Provider, one: LocalProvider
) -> None:
    one.person = says("ana@acme.example")
    assert fault_of(through(Client(), acme)) is Fault.OWNER
    assert links_of(world.acme) == []


def test_a_second_account_does_not_take_over_a_linked_person(
    world: World, acme: Provider, one: LocalProvider
) -> None:
    through(Client(), acme)
    one.person = says("felix@acme.example", sub="recreated")
    assert fault_of(through(Client(), acme)) is Fault.LINKED_OTHERWISE


def test_an_account_that_is_linked_to_somebody_is_not_linked_again(
    world: World, acme: Provider, one: LocalProvider
) -> None:
    through(Client(), acme)
    ana = sign_in(Client(), world.ana)
    assert fault_of(through(ana, acme, purpose="link")) is Fault.SUBJECT_TAKEN
    assert [member for _sub, member in links_of(world.acme)] == [world.felix.id]


def test_a_contact_and_somebody_suspended_stay_out(world: World, acme: Provider, one: LocalProvider) -> None:
    with builders_scope():
        Provider.objects.update(creates_members=False)
        make_member(world.acme, "Rosa", Role.CONTACT)
        Member.objects.filter(id=world.felix.id).update(state="suspended")
    assert fault_of(through(Client(), acme)) is Fault.SUSPENDED
    one.person = says("rosa@acme.example")
    assert fault_of(through(Client(), acme)) is Fault.NOT_KNOWN


def test_suspended_after_the_link(world: World, acme: Provider, one: LocalProvider) -> None:
    client = Client()
    through(client, acme)
    with builders_scope():
        Member.objects.filter(id=world.felix.id).update(state="suspended")
    assert client.get("/support").status_code == 302
    assert fault_of(through(Client(), acme)) is Fault.SUSPENDED


def test_a_domain_that_is_taken_away_counts_no_longer(
    world: World, acme: Provider, one: LocalProvider
) -> None:
    with builders_scope():
        Provider.objects.update(domains=["acme.example"])
        from mainstay.people.tenants.models import VerifiedDomain

        VerifiedDomain.objects.all().delete()
    assert fault_of(through(Client(), acme)) is Fault.OTHER_DOMAIN


# What is believed


def claiming(**words: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {name: v for name, v in {**claims, **words}.items() if v is not ...}


NOW = time.time()


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (claiming(aud="somebody-else"), Fault.OTHER_AUDIENCE),
        (claiming(aud=["somebody-else"]), Fault.OTHER_AUDIENCE),
        (claiming(aud=["mainstay", "somebody-else"]), Fault.OTHER_AUDIENCE),
        (claiming(azp="somebody-else"), Fault.OTHER_AUDIENCE),
        (claiming(aud=...), Fault.OTHER_AUDIENCE),
        (claiming(iss="https://accounts.google.com"), Fault.OTHER_ISSUER),
        (claiming(iss=...), Fault.OTHER_ISSUER),
        (claiming(nonce="x" * 43), Fault.OTHER_NONCE),
        (claiming(nonce=...), Fault.OTHER_NONCE),
        (claiming(exp=NOW - 3600), Fault.EXPIRED),
        (claiming(exp=...), Fault.MALFORMED),
        (claiming(exp="tomorrow"), Fault.MALFORMED),
        (claiming(exp=True), Fault.MALFORMED),
        (claiming(iat=NOW + 3600), Fault.TOO_EARLY),
        (claiming(nbf=NOW + 3600), Fault.TOO_EARLY),
        (claiming(sub=""), Fault.NO_SUBJECT),
        (claiming(sub=7), Fault.NO_SUBJECT),
        (claiming(sub="x" * 256), Fault.NO_SUBJECT),
    ],
)
def test_claims_that_do_not_fit(
    world: World, acme: Provider, one: LocalProvider, tamper: Any, fault: Fault
) -> None:
    one.tamper = tamper
    client = Client()
    assert fault_of(through(client, acme)) is fault
    assert is_out(client)
    assert links_of(world.acme) == []


def test_several_audiences_with_us_as_the_party(world: World, acme: Provider, one: LocalProvider) -> None:
    one.tamper = claiming(aud=["mainstay", "api"], azp="mainstay")
    assert through(Client(), acme)["Location"] == "/support"


@pytest.mark.parametrize(
    ("make_token", "fault"),
    [
        (unsigned, Fault.BAD_ALGORITHM),
        (signed_with_the_public_key, Fault.BAD_ALGORITHM),
        (lambda provider, claims: provider.signed(claims, ec_key("first")), Fault.BAD_SIGNATURE),
        (lambda provider, claims: provider.signed(claims, ec_key("unheard of")), Fault.UNKNOWN_KEY),
        (lambda provider, claims: provider.signed(claims)[:-4] + "AAAA", Fault.BAD_SIGNATURE),
        (lambda _provider, _claims: "no.token", Fault.MALFORMED),
        (lambda _provider, _claims: "ü.ü.ü", Fault.MALFORMED),
        (lambda _provider, _claims: "a" * 50_000, Fault.MALFORMED),
    ],
)
def test_signatures_that_prove_nothing(
    world: World, acme: Provider, one: LocalProvider, make_token: Any, fault: Fault
) -> None:
    one.make_token = make_token
    client = Client()
    assert fault_of(through(client, acme)) is fault
    assert is_out(client)


def test_an_hmac_key_among_the_published_ones_is_no_key(
    world: World, acme: Provider, one: LocalProvider
) -> None:
    one.discovery = {"id_token_signing_alg_values_supported": ["HS256", "ES256"]}
    one.make_token = signed_with_the_public_key
    one.published = [public_key_as_a_secret(one), one.key.as_dict(private=False)]
    assert fault_of(through(Client(), acme)) is Fault.BAD_ALGORITHM


def test_a_weak_key_is_no_key(world: World, acme: Provider, one: LocalProvider) -> None:
    one.key = rsa_key("weak", 1024)
    assert fault_of(through(Client(), acme)) is Fault.UNKNOWN_KEY


def test_changed_keys_are_asked_for_once(world: World, acme: Provider, one: LocalProvider) -> None:
    through(Client(), acme)
    one.key = ec_key("second")
    one.seen.clear()
    assert through(Client(), acme)["Location"] == "/support"
    assert one.seen.count("/keys") == 1
    one.make_token = lambda provider, claims: provider.signed(claims, ec_key("third"))
    one.seen.clear()
    assert fault_of(through(Client(), acme)) is Fault.UNKNOWN_KEY
    assert one.seen.count("/keys") == 1


def test_userinfo_about_somebody_else(world: World, acme: Provider, one: LocalProvider) -> None:
    one.claims_in_userinfo = True
    one.userinfo = says("ari@acme.example", sub="another")
    assert fault_of(through(Client(), acme)) is Fault.OTHER_SUBJECT


# Whose answer


def test_an_answer_works_once(world: World, acme: Provider, one: LocalProvider) -> None:
    client = Client()
    back = visit(start(client, acme.id).context["address"])
    assert client.get(back)["Location"] == "/support"
    assert fault_of(client.get(back)) is Fault.NO_FLOW


def test_an_answer_belongs_to_the_browser_that_asked(
    world: World, acme: Provider, one: LocalProvider
) -> None:
    """Somebody's own answer, slipped to another person, would sign that person in as them."""
    back = visit(start(Client(), acme.id).context["address"])
    victim = Client()
    assert fault_of(victim.get(back)) is Fault.NO_FLOW
    assert is_out(victim)
    busy = Client()
    start(busy, acme.id)
    assert fault_of(busy.get(back)) is Fault.NO_FLOW


def test_a_used_code_in_a_new_flow(world: World, acme: Provider, one: LocalProvider) -> None:
    client = Client()
    used = visit(start(client, acme.id).context["address"])
    client.get(used)
    fresh = visit(start(client, acme.id).context["address"])
    swapped = used.replace(state_of(used), state_of(fresh))
    assert fault_of(client.get(swapped)) is Fault.CODE_REFUSED


def test_a_stolen_code_is_bound_to_its_flow(world: World, acme: Provider, one: LocalProvider) -> None:
    """By the proof key: the code of one browser is worth nothing in another."""
    stolen = visit(start(Client(), acme.id).context["address"])
    thief = Client()
    own = visit(start(thief, acme.id).context["address"])
    assert fault_of(thief.get(stolen.replace(state_of(stolen), state_of(own)))) is Fault.CODE_REFUSED


def test_an_answer_that_comes_too_late(
    world: World, acme: Provider, one: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    back = visit(start(client, acme.id).context["address"])
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert fault_of(client.get(back)) is Fault.NO_FLOW


def test_the_state_of_one_provider_at_the_address_of_another(
    world: World, acme: Provider, globex: Provider, one: LocalProvider, other: LocalProvider
) -> None:
    client = Client()
    back = visit(start(client, acme.id).context["address"])
    mixed = back.replace(str(acme.id), str(globex.id))
    assert fault_of(client.get(mixed)) is Fault.MIXED_UP
    # It is used up, so that the honest address is no second chance for whoever mixes.
    assert fault_of(client.get(back)) is Fault.NO_FLOW
    assert other.seen == []


def test_an_answer_that_names_another_issuer(world: World, acme: Provider, one: LocalProvider) -> None:
    client = Client()
    back = visit(start(client, acme.id).context["address"])
    assert fault_of(client.get(f"{back}&iss=https%3A%2F%2Fevil.example")) is Fault.MIXED_UP
    # Whoever says that it always names itself, must.
    one.names_issuer = True
    conversation.cache.clear()
    assert through(client, acme)["Location"] == "/support"
    again = Client()
    back = visit(start(again, acme.id).context["address"]).partition("&iss=")[0]
    assert fault_of(again.get(back)) is Fault.MIXED_UP


def test_cancelled_and_failed_at_the_provider(world: World, acme: Provider, one: LocalProvider) -> None:
    for error, fault in (("access_denied", Fault.DENIED), ("server_error", Fault.PROVIDER_ERROR)):
        client = Client()
        back = visit(start(client, acme.id).context["address"])
        path = back.partition("?")[0]
        answer = client.get(path, {"state": state_of(back), "error": error, "error_description": "<b>x</b>"})
        assert fault_of(answer) is fault
        assert "<b>x</b>" not in answer.content.decode()


def test_switched_off_while_somebody_is_there(world: World, acme: Provider, one: LocalProvider) -> None:
    client = Client()
    back = visit(start(client, acme.id).context["address"])
    with builders_scope():
        Provider.objects.update(is_enabled=False)
    assert fault_of(client.get(back)) is Fault.DISABLED
    assert fault_of(start(Client(), acme.id)) is Fault.DISABLED
    assert is_out(client)


def test_removed_while_somebody_is_there(world: World, acme: Provider, one: LocalProvider) -> None:
    client = Client()
    back = visit(start(client, acme.id).context["address"])
    ana = sign_in(Client(), world.ana)
    assert ana.post(f"/support/single-sign-on/{acme.id}", {"do": "remove"}).status_code == 302
    assert client.get(back).status_code == 404


def test_linking_belongs_to_the_seat_that_asked(world: World, acme: Provider, one: LocalProvider) -> None:
    """Somebody who signs in as another person meanwhile links nothing to that one."""
    client = sign_in(Client(), world.felix)
    back = visit(start(client, acme.id, purpose="link").context["address"])
    flows = client.session["sso_flows"]
    client = sign_in(client, world.ana)
    session = client.session
    session["sso_flows"] = flows
    session.save()
    assert client.get(back).status_code == 404
    assert links_of(world.acme) == []


def test_only_ones_own_side_can_be_linked(
    world: World, acme: Provider, globex: Provider, one: LocalProvider
) -> None:
    for person in (world.gus, world.ari):
        assert start(sign_in(Client(), person), acme.id, purpose="link").status_code == 404


def test_an_invitation_of_another_customer(
    world: World, acme: Provider, globex: Provider, one: LocalProvider
) -> None:
    from mainstay.people.access.accounts import invitation_token
    from mainstay.people.access.actions import invite_member
    from mainstay.people.tenants.tests.make import acting_as

    with acting_as(world.gus) as gus:
        made = invite_member(gus, world.globex.id, email="n@globex.example", role="owner", at=clock.now())
    token = invitation_token(made.id)
    assert start(Client(), acme.id, purpose="invitation", invitation=token).status_code == 404
    assert start(Client(), acme.id, purpose="invitation", invitation="x").status_code == 404
    assert start(Client(), acme.id, purpose="anything").status_code == 404


def test_flows_do_not_fill_the_session(world: World, acme: Provider, one: LocalProvider) -> None:
    client = Client()
    for _n in range(12):
        last = start(client, acme.id).context["address"]
    kept = client.session["sso_flows"]
    assert len(kept) == 5
    assert hash_token(state_of(last)) in kept


# Providers that break


def test_a_provider_that_is_down_says_so_and_costs_one_attempt(
    world: World, acme: Provider, one: LocalProvider
) -> None:
    one.status = {"/.well-known/openid-configuration": 503}
    answer = start(Client(), acme.id)
    assert fault_of(answer) is Fault.UNREACHABLE
    assert "Try again in a moment" in answer.content.decode()
    one.seen.clear()
    start(Client(), acme.id)
    assert one.seen == []
    with builders_scope():
        shown = Provider.objects.get(id=acme.id)
        assert (shown.tried_fault, shown.tried_detail) == (Fault.UNREACHABLE, "discovery: HTTP 503")
        assert Event.objects.filter(name="provider.refused").count() == 2


def test_a_provider_that_hangs(
    world: World, acme: Provider, one: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "_ONE_S", 0.3)
    client = Client()
    back = visit(start(client, acme.id).context["address"])
    one.hangs.set()
    assert fault_of(client.get(back)) is Fault.SLOW


def test_nobody_waits_behind_a_provider_that_hangs(
    world: World, acme: Provider, one: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "_WAIT_S", 0.05)
    with conversation.a_turn_at(acme.id), conversation.a_turn_at(acme.id):
        assert fault_of(start(Client(), acme.id)) is Fault.BUSY


@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo"])
def test_any_step_may_break(world: World, acme: Provider, one: LocalProvider, path: str) -> None:
    one.status = {path: 500}
    one.claims_in_userinfo = True
    client = Client()
    assert fault_of(through(client, acme)) in (Fault.UNREACHABLE, Fault.PROVIDER_ERROR)
    assert is_out(client)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"issuer": "https://evil.example"}, Fault.OTHER_ISSUER),
        ({"issuer": None}, Fault.OTHER_ISSUER),
        ({"token_endpoint": None}, Fault.NOT_OPENID),
        ({"token_endpoint": 7}, Fault.NOT_OPENID),
        ({"authorization_endpoint": "javascript:alert(1)"}, Fault.NOT_OPENID),
        ({"authorization_endpoint": "http://evil.example/a"}, Fault.INSECURE),
        ({"token_endpoint": "http://169.254.169.254/token"}, Fault.INSECURE),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, Fault.NOT_OPENID),
        ({"id_token_signing_alg_values_supported": ["none", "HS256"]}, Fault.BAD_ALGORITHM),
    ],
)
def test_what_it_says_of_itself_must_fit(
    world: World, acme: Provider, one: LocalProvider, said: dict[str, Any], fault: Fault
) -> None:
    one.discovery = said
    assert fault_of(start(Client(), acme.id)) is fault


def test_endpoints_inside_are_not_connected_to(world: World, acme: Provider, one: LocalProvider) -> None:
    """A provider on the internet whose endpoints lead into the operator's network."""
    one.discovery = {"token_endpoint": "https://169.254.169.254/latest"}
    assert fault_of(through(Client(), acme)) is Fault.FORBIDDEN_ADDRESS


@pytest.mark.parametrize(
    "issuer",
    [
        "https://127.0.0.1",
        "https://127.0.0.1:5432",
        "https://169.254.169.254",
        "https://localhost",
        "https://[::1]",
        "https://10.0.0.8",
        "https://0x7f.1",
    ],
)
def test_issuers_inside_are_refused_unless_allowed(
    world: World, one: LocalProvider, settings: Any, issuer: str
) -> None:
    settings.MAINSTAY_SSO_PRIVATE = ()
    acme = provider_for(world.acme, one, issuer=issuer)
    assert fault_of(start(Client(), acme.id)) is Fault.FORBIDDEN_ADDRESS


@pytest.mark.parametrize(
    ("issuer", "words"),
    [
        ("http://id.example", "must begin with https"),
        ("ftp://id.example", "must begin with https"),
        ("https://user@id.example", "issuer"),
        ("https://id.example?x=1", "issuer"),
        ("https://id.example#x", "issuer"),
        ("id.example", "issuer"),
        ("javascript:alert(1)", "issuer"),
        ("http://127.0.0.1:9", "must begin with https"),
    ],
)
def test_issuers_that_cannot_be_entered(world: World, settings: Any, issuer: str, words: str) -> None:
    settings.MAINSTAY_SSO_PRIVATE = ()
    ana = sign_in(Client(), world.ana)
    given = {"name": "ID", "issuer": issuer, "client_id": "x", "client_secret": "y"}
    answer = ana.post("/support/single-sign-on/new", given)
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors["issuer"])


def test_the_secret_is_sealed_and_never_shown(world: World, acme: Provider, one: LocalProvider) -> None:
    from django.db import connection

    with builders_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM sso_provider WHERE id = %s", [acme.id])
        stored = cursor.fetchone()[0]
    assert one.client_secret not in stored
    ana = sign_in(Client(), world.ana)
    page = ana.get(f"/support/single-sign-on/{acme.id}")
    assert one.client_secret not in page.content.decode()
    # Saved without one, it stays.
    ana.post(
        f"/support/single-sign-on/{acme.id}", {"do": "save", "name": "Acme ID", "client_id": one.client_id}
    )
    one.person = says("felix@acme.example")
    assert through(Client(), acme)["Location"] == "/support"


def test_links_are_made_once_when_two_come_at_once(world: World, acme: Provider, one: LocalProvider) -> None:
    first, second = Client(), Client()
    ways = [visit(start(client, acme.id).context["address"]) for client in (first, second)]
    assert [c.get(way)["Location"] for c, way in zip((first, second), ways, strict=True)] == ["/support"] * 2
    with builders_scope():
        assert ProviderLink.objects.count() == 1
