"""Ways to a person's seat for somebody else who has an account at the same provider."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from mainstay.core import clock
from mainstay.core.actor import Origin
from mainstay.core.events.models import Event
from mainstay.core.wall.scope import sweep
from mainstay.people.access.accounts import invitation_token
from mainstay.people.access.actions import invite_member
from mainstay.people.access.factors.rules import last_proof
from mainstay.people.access.providers.linking import note_outcome
from mainstay.people.access.providers.models import Provider
from mainstay.people.access.providers.rules import REFUSED_RATE, Fault, SsoFault
from mainstay.people.access.providers.sides import TenantSide
from mainstay.people.messages.models import Delivery
from mainstay.people.tenants.tests.make import PASSWORD, World, acting_as, builders_scope, sign_in
from tests.sso.make import links_of, provider_for, says, start, through, verified, visit
from tests.sso.provider import LocalProvider


def test_an_accepted_invitation_links_nobody_elses_account(world: World, one: LocalProvider) -> None:
    acme = provider_for(world.acme, one)
    with acting_as(world.ana) as ana:
        made = invite_member(ana, world.acme.id, email="nora@acme.example", role="owner", at=clock.now())
    token = invitation_token(made.id)
    answer = Client().post(f"/invitation/{token}", {"name": "Nora", "password": PASSWORD})
    assert answer.headers["Location"] == "/support"
    one.person = {"sub": "somebody-else"}
    assert start(Client(), acme.id, purpose="invitation", invitation=token).status_code == 404
    assert links_of(world.acme) == []


def test_an_invitation_accepted_while_somebody_is_at_the_provider(world: World, one: LocalProvider) -> None:
    acme = provider_for(world.acme, one)
    with acting_as(world.ana) as ana:
        made = invite_member(ana, world.acme.id, email="nora@acme.example", role="pm", at=clock.now())
    token, thief = invitation_token(made.id), Client()
    one.person = {"sub": "somebody-else"}
    back = visit(start(thief, acme.id, purpose="invitation", invitation=token).context["address"])
    assert Client().post(f"/invitation/{token}", {"name": "Nora", "password": PASSWORD}).status_code == 302
    answer = thief.get(back)
    assert (answer.status_code, answer.context["fault"]) == (403, "invitation_gone")
    assert links_of(world.acme) == []
    assert "_auth_user_id" not in thief.session


def grow_old(client: Client) -> None:
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= timedelta(hours=1).total_seconds()
    session.save()


def test_a_stolen_session_links_no_account_of_the_thief(world: World, one: LocalProvider) -> None:
    acme = provider_for(world.acme, one)
    client = sign_in(Client(), world.ana)
    grow_old(client)
    one.person = {"sub": "the-thief"}
    answer = start(client, acme.id, purpose="link")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/account/confirm?next=%2Faccount%2Fsingle-sign-on"
    assert client.post("/account/confirm", {"password": PASSWORD, "next": "/account"}).status_code == 302
    assert through(client, acme, purpose="link").status_code == 302
    assert links_of(world.acme) == [("the-thief", world.ana.id)]


def test_a_providers_session_links_no_other_account(
    world: World, one: LocalProvider, other: LocalProvider
) -> None:
    acme, second = provider_for(world.acme, one), provider_for(world.acme, other, name="Another ID")
    verified(world.acme, "acme.example")
    one.person = says("felix@acme.example")
    client = Client()
    assert through(client, acme).headers["Location"] == "/support"
    assert start(client, second.id, purpose="link").headers["Location"].startswith("/account/confirm")
    assert len(links_of(world.acme)) == 1


def test_a_providers_word_is_no_fresh_proof_of_the_account() -> None:
    records = [{"method": "link", "at": 100.0}, {"method": "sso", "at": 5000.0}]
    proof = last_proof(records, has_secret=False)
    assert proof is not None
    assert proof.timestamp() == 100.0


def test_a_link_of_ones_own_is_told_by_mail(world: World, one: LocalProvider) -> None:
    acme = provider_for(world.acme, one)
    client = sign_in(Client(), world.ana)
    one.person = {"sub": "ana-elsewhere"}
    for _turn in range(2):
        through(client, acme, purpose="link")
    with sweep("send_mail"):
        mails = Delivery.objects.filter(email=world.ana.email, kind="access.provider_linked")
        assert mails.count() == 1


def test_strangers_do_not_fill_the_audit_log(world: World, one: LocalProvider) -> None:
    acme = provider_for(world.acme, one)
    side, fault = TenantSide(world.acme.id, Origin(door="test")), SsoFault(Fault.DENIED)
    at = clock.now()
    for _turn in range(REFUSED_RATE.burst + 5):
        note_outcome(side, acme.id, fault, at=at)
    with builders_scope():
        assert Event.objects.filter(name="provider.refused").count() == REFUSED_RATE.burst
        assert Provider.objects.get(id=acme.id).tried_fault == Fault.DENIED


@pytest.mark.parametrize("path", ["/support/keys/new", "/webhooks/new", "/support/single-sign-on/new"])
def test_who_came_by_a_provider_shows_it_there_again(world: World, one: LocalProvider, path: str) -> None:
    acme = provider_for(world.acme, one)
    client = sign_in(Client(), world.ana)
    one.person = {"sub": "ana"}
    through(client, acme, purpose="link")
    client = Client()
    through(client, acme)
    assert client.get(path).status_code == 200
    grow_old(client)
    answer = client.get(path)
    assert answer.headers["Location"].startswith(f"/sign-in/{world.acme.slug}?next=")
    through(client, acme)
    assert client.get(path).status_code == 200
