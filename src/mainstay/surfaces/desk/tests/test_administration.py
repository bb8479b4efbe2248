"""Customers, staff and keys on the desk (PPL-1, PPL-6, PPL-8)."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from mainstay.core.wall.scope import sweep
from mainstay.people.access.models import ApiKey, Invitation, OperatorKey
from mainstay.people.staff.models import Staff
from mainstay.people.tenants.models import Member, Tenant, TenantContact, VerifiedDomain
from mainstay.people.tenants.tests.make import World, make_member, make_tenant, make_world, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def max_(client: Client, world: World) -> Client:
    """Manager and administrator."""
    return sign_in(client, world.max)


PAGES = (
    "/desk/customers",
    "/desk/customers/new",
    "/desk/customers/{acme}",
    "/desk/customers/{acme}/edit",
    "/desk/customers/people/{ana}",
    "/desk/staff",
    "/desk/staff/new",
    "/desk/staff/{ari}",
    "/desk/profile",
    "/desk/keys",
    "/desk/keys/new",
)


def address(world: World, path: str) -> str:
    return path.format(acme=world.acme.id, ana=world.ana.id, ari=world.ari.id)


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_there(max_: Client, world: World, path: str) -> None:
    answer = max_.get(address(world, path))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", PAGES)
def test_no_customer_gets_in(client: Client, world: World, path: str) -> None:
    assert sign_in(client, world.ana).get(address(world, path)).status_code == 404
    assert Client().get(address(world, path)).status_code == 302


@pytest.mark.parametrize("path", ["/desk/staff", "/desk/staff/new", "/desk/keys", "/desk/keys/new"])
def test_only_administrators_see_staff_and_keys(client: Client, world: World, path: str) -> None:
    assert sign_in(client, world.ari).get(path).status_code == 403


def test_an_agent_reads_customers_and_changes_none(client: Client, world: World) -> None:
    sign_in(client, world.ari)
    page = client.get(f"/desk/customers/{world.acme.id}")
    assert page.status_code == 200
    assert b"Change the plan" not in page.content
    assert client.post(f"/desk/customers/{world.acme.id}/plan", {"plan": "free"}).status_code == 403
    assert client.post(f"/desk/customers/people/{world.felix.id}", {"do": "suspend"}).status_code == 403


def test_a_new_customer_with_its_owner(max_: Client, world: World) -> None:
    form = {
        "name": "Índigo Obras",
        "plan": "business",
        "owner_email": "Rosa@indigo.example",
        "language": "es",
        "zone": "Europe/Madrid",
    }
    answer = max_.post("/desk/customers/new", form)
    assert answer.status_code == 302
    with sweep("demo"):
        tenant = Tenant.objects.get(name="Índigo Obras")
        owner = Member.objects.get(tenant=tenant)
        assert (tenant.slug, owner.email, owner.role, owner.state) == (
            "indigo-obras",
            "rosa@indigo.example",
            "owner",
            "invited",
        )
        assert Invitation.objects.filter(member=owner).count() == 1
    assert max_.get(answer["Location"]).status_code == 200


def test_wrong_input_is_named_and_kept(max_: Client, world: World) -> None:
    answer = max_.post("/desk/customers/new", {"name": "Kept Name", "plan": "nope", "owner_email": "x"})
    assert answer.status_code == 422
    assert b"Kept Name" in answer.content
    with sweep("demo"):
        assert not Tenant.objects.filter(name="Kept Name").exists()


def test_plan_csm_domains_contacts(max_: Client, world: World) -> None:
    base = f"/desk/customers/{world.acme.id}"
    assert max_.post(f"{base}/plan", {"plan": "business"}).status_code == 302
    assert max_.post(f"{base}/csm", {"csm": str(world.cora.id)}).status_code == 302
    assert max_.post(f"{base}/domains", {"domain": "@Acme-Build.COM"}).status_code == 302
    refused = max_.post(f"{base}/domains", {"domain": "gmail.com"})
    assert refused.status_code == 422
    assert b"it proves nothing" in refused.content
    assert (
        max_.post(f"/desk/customers/people/{world.ana.id}/contact", {"purpose": "billing"}).status_code == 302
    )
    with sweep("demo"):
        acme = Tenant.objects.select_related("plan").get(id=world.acme.id)
        assert (acme.plan.key, acme.csm_id) == ("business", world.cora.id)
        domain = VerifiedDomain.objects.get(tenant=acme)
        assert domain.domain == "acme-build.com"
        assert TenantContact.objects.get(tenant=acme).member_id == world.ana.id
    page = max_.get(base).content.decode()
    assert "Cora" in page
    assert "acme-build.com" in page
    other = max_.post(f"/desk/customers/{world.globex.id}/domains", {"domain": "acme-build.com"})
    assert other.status_code == 422
    assert max_.post(f"{base}/domains/{domain.id}/remove").status_code == 302


def test_staff_come_change_and_go(max_: Client, world: World) -> None:
    form = {"name": "Nia", "email": "nia@mainstay.example", "roles": ["agent", "csm"]}
    assert max_.post("/desk/staff/new", form).status_code == 302
    with sweep("demo"):
        nia = Staff.objects.get(email="nia@mainstay.example")
    page = f"/desk/staff/{nia.id}"
    assert max_.post(page, {"do": "roles", "roles": ["engineer"]}).status_code == 302
    assert max_.post(page, {"do": "roles"}).status_code == 422
    assert max_.post(page, {"do": "deactivate"}).status_code == 302
    with sweep("demo"):
        nia.refresh_from_db()
        assert (nia.roles, nia.is_active) == (["engineer"], False)
    assert max_.post(f"/desk/staff/{world.max.id}", {"do": "roles", "roles": ["agent"]}).status_code == 422
    assert max_.post(f"/desk/staff/{world.max.id}", {"do": "deactivate"}).status_code == 422


def test_an_operator_key_is_shown_once(max_: Client, world: World) -> None:
    made = max_.post("/desk/keys/new", {"name": "Importer", "scopes": ["tickets:read"]})
    token = re.search(r"msk_[\w-]{43}", made.content.decode())[0]
    with sweep("demo"):
        key = OperatorKey.objects.get(name="Importer")
        assert token not in (key.key_hash, key.prefix)
    assert token not in max_.get("/desk/keys").content.decode()
    assert max_.post(f"/desk/keys/{key.id}/revoke").status_code == 302
    assert b"Revoked" in max_.get("/desk/keys").content


@pytest.mark.parametrize("path", ["/desk/customers", "/desk/customers/{acme}", "/desk/staff", "/desk/keys"])
def test_queries_do_not_grow_with_the_rows(
    max_: Client, world: World, path: str, django_assert_max_num_queries
) -> None:
    with sweep("demo"):
        for n in range(30):
            tenant = make_tenant(
                f"Customer {n}", slug=f"customer-{n}", plan=world.plans["free"], csm_id=world.cora.id
            )
            make_member(world.acme, f"Person {n}", "field", email=f"p{n}@acme.example")
            ApiKey.objects.create(
                tenant=tenant, name="k", prefix="msk_x", key_hash=f"{n}", created_at=tenant.created_at
            )
    with django_assert_max_num_queries(24):
        assert max_.get(address(world, path)).status_code == 200


def test_customers_by_name_page_after_page(max_: Client, world: World) -> None:
    with sweep("demo"):
        for n in range(120):
            make_tenant(f"Row {n:03}", slug=f"row-{n}", plan=world.plans["free"])
    seen, path = [], "/desk/customers?q=row"
    for _ in range(3):
        page = max_.get(path).content.decode()
        seen += re.findall(r"Row \d{3}", re.sub(r"<time.*?</time>", "", page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = "/desk/customers" + following[1].replace("&amp;", "&") if following else ""
    assert sorted(set(seen)) == [f"Row {n:03}" for n in range(120)]
    assert path == ""
