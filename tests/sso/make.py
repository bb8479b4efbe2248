"""Providers of the cast's customers and staff, and a person who goes through one."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from django.test import Client

from mainstay.people.access.providers.flow import callback_address
from mainstay.people.access.providers.models import Provider, ProviderLink, StaffProvider
from mainstay.people.tenants.models import Tenant, VerifiedDomain
from mainstay.people.tenants.tests.make import BEGINNING, builders_scope
from tests.sso.provider import LocalProvider


def provider_for(tenant: Tenant, at: LocalProvider, **more: Any) -> Provider:
    """Set up, tried and switched on."""
    with builders_scope():
        made = Provider.objects.create(tenant=tenant, **_columns(at, f"{tenant.name} ID", more))
    at.redirect_uris.add(callback_address(made.id))
    return made


def provider_for_staff(at: LocalProvider, **more: Any) -> StaffProvider:
    more.setdefault("domains", ["mainstay.example"])
    with builders_scope():
        made = StaffProvider.objects.create(**_columns(at, "House ID", more))
    at.redirect_uris.add(callback_address(made.id))
    return made


def _columns(at: LocalProvider, name: str, more: dict[str, Any]) -> dict[str, Any]:
    columns = {
        "name": name,
        "issuer": at.issuer,
        "client_id": at.client_id,
        "client_secret": at.client_secret,
        "is_enabled": True,
        "created_at": BEGINNING,
    }
    return columns | more


def verified(tenant: Tenant, domain: str) -> VerifiedDomain:
    with builders_scope():
        return VerifiedDomain.objects.create(tenant=tenant, domain=domain, verified_at=BEGINNING)


def says(email: str, sub: str = "", **more: Any) -> dict[str, Any]:
    """Claims about somebody, the address verified unless said otherwise."""
    return {"sub": sub or f"sub-of-{email}", "email": email, "email_verified": True, **more}


def start(client: Client, provider_id: Any, **words: Any) -> HttpResponse:
    return client.post(f"/sso/{provider_id}/start", words)


def visit(address: str) -> str:
    """At the provider, as a browser would be; where it sends the browser next, a path of ours."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 303, body
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def through(client: Client, provider: Provider | StaffProvider, **words: Any) -> HttpResponse:
    """There and back."""
    leaving = start(client, provider.id, **words)
    assert leaving.status_code == 200, leaving.content.decode()
    return client.get(visit(leaving.context["address"]))


def state_of(path: str) -> str:
    return parse_qs(urlsplit(path).query)["state"][0]


def links_of(tenant: Tenant) -> list[tuple[str, Any]]:
    with builders_scope():
        found = ProviderLink.objects.filter(tenant=tenant).order_by("created_at")
        return [(link.subject, link.member_id) for link in found]
