"""Mail domains, proven by their own name servers (PPL-1, PPL-7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dns.rcode
import pytest
from django.test import Client

from mainstay.core.wall.scope import current_actor
from mainstay.people.access.providers import domains
from mainstay.people.access.providers.jobs import check_domain
from mainstay.people.access.providers.models import DomainClaim
from mainstay.people.tenants.models import VerifiedDomain
from mainstay.people.tenants.rules import clean_domain
from mainstay.people.tenants.tests.make import World, builders_scope, sign_in
from tests.sso.make import verified
from tests.sso.name_server import NameServer, answering


@pytest.fixture
def names(settings: Any) -> Iterator[NameServer]:
    with answering() as server:
        settings.MAINSTAY_DNS_SERVERS = (server.address,)
        yield server


@pytest.fixture
def ana(world: World) -> Client:
    return sign_in(Client(), world.ana)


def claim_of(domain: str) -> DomainClaim:
    with builders_scope():
        return DomainClaim.objects.get(domain=domain)


def claimed(client: Client, domain: str) -> DomainClaim:
    assert client.post("/support/domains", {"domain": domain}).status_code == 302
    return claim_of(clean_domain(domain))


def run_check(claim: DomainClaim) -> None:
    """What the worker does with the job that the page deferred."""
    assert current_actor() is None
    check_domain.task.func(row_id=str(claim.id))


def is_verified(domain: str) -> bool:
    with builders_scope():
        return VerifiedDomain.objects.filter(domain=domain).exists()


def test_a_record_proves_the_domain(ana: Client, names: NameServer) -> None:
    claim = claimed(ana, "https://Acme.Example/")
    assert claim.domain == "acme.example"
    page = ana.get("/support/single-sign-on").content.decode()
    assert "_mainstay-challenge.acme.example" in page
    assert f"mainstay-verification={claim.token}" in page
    assert ana.post(f"/support/domains/{claim.id}").status_code == 302
    run_check(claim)
    assert not is_verified("acme.example")
    assert "not there yet" in ana.get("/support/single-sign-on").content.decode()
    names.records["_mainstay-challenge.acme.example"] = ["something", f"mainstay-verification={claim.token}"]
    run_check(claim)
    assert is_verified("acme.example")
    page = ana.get("/support/single-sign-on").content.decode()
    assert "_mainstay-challenge" not in page
    assert "verified" in page


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda names: names.records.update({"_mainstay-challenge.acme.example": ["other"]}), "other_text"),
        (lambda names: setattr(names, "rcode", dns.rcode.SERVFAIL), "failed"),
        (lambda names: setattr(names, "is_silent", True), "slow"),
    ],
)
def test_what_proves_nothing(
    ana: Client, names: NameServer, monkeypatch: pytest.MonkeyPatch, change: Any, result: str
) -> None:
    monkeypatch.setattr(domains, "_LOOK_UP_S", 0.6)
    change(names)
    claim = claimed(ana, "acme.example")
    run_check(claim)
    assert claim_of("acme.example").result == result
    assert not is_verified("acme.example")


def test_another_customers_token_proves_nothing(world: World, ana: Client, names: NameServer) -> None:
    gus = sign_in(Client(), world.gus)
    theirs = claimed(gus, "globex.example")
    ana.post("/support/domains", {"domain": "globex.example"})
    names.records["_mainstay-challenge.globex.example"] = [f"mainstay-verification={theirs.token}"]
    with builders_scope():
        mine = DomainClaim.objects.get(tenant=world.acme)
    run_check(mine)
    with builders_scope():
        assert DomainClaim.objects.get(tenant=world.acme).result == "other_text"


def test_a_domain_has_one_customer(world: World, ana: Client, names: NameServer) -> None:
    claim = claimed(ana, "shared.example")
    verified(world.globex, "shared.example")
    names.records["_mainstay-challenge.shared.example"] = [f"mainstay-verification={claim.token}"]
    run_check(claim)
    assert claim_of("shared.example").result == "taken"
    assert "Another customer has this domain." in ana.get("/support/single-sign-on").content.decode()


@pytest.mark.parametrize("text", ["gmail.com", "acme", "a b.example", "-x.example", "", "x" * 260])
def test_what_is_no_domain_of_anybodys(ana: Client, text: str) -> None:
    assert ana.post("/support/domains", {"domain": text}).status_code == 422


def test_a_check_is_asked_for_once(ana: Client, names: NameServer) -> None:
    claim = claimed(ana, "acme.example")
    ana.post(f"/support/domains/{claim.id}")
    first = claim_of("acme.example").asked_at
    page = ana.post(f"/support/domains/{claim.id}", headers={"HX-Request": "true"}).content.decode()
    assert "being checked" in page
    assert claim_of("acme.example").asked_at == first


def test_only_who_manages_people(world: World) -> None:
    for person in (world.felix, world.clara):
        client = sign_in(Client(), person)
        assert client.get("/support/single-sign-on").status_code == 403
        assert client.post("/support/domains", {"domain": "acme.example"}).status_code == 403
