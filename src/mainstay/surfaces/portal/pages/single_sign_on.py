"""A customer's own providers, set up by those who manage its people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import Malformed
from mainstay.people.access.doors import member_page
from mainstay.people.access.factors.lately import lately_proven
from mainstay.people.access.providers import actions
from mainstay.people.access.providers.domains import ask_check, claim_domain, drop_claim, is_under_way
from mainstay.people.access.providers.flow import callback_address
from mainstay.people.access.providers.jobs import check_domain
from mainstay.people.access.providers.labels import CLAIM_RESULTS, FAULT_WORDS
from mainstay.people.access.providers.models import DomainClaim, Provider, StaffProvider
from mainstay.people.access.providers.queries import (
    claim_to_domain,
    claims_to_domains,
    link_counts,
    links_to,
    own_domains,
    provider_of,
    providers_of,
)
from mainstay.people.access.providers.rules import MANAGE_SSO, txt_name, txt_value
from mainstay.people.tenants.queries import visible_tenant
from mainstay.shell.forms import told_at
from mainstay.surfaces.portal.forms_sso import ClaimForm, CustomerProviderForm


@require_http_methods(["GET", "HEAD"])
@member_page
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    return overview_page(request, actor, ClaimForm())


def overview_page(request: HttpRequest, actor: Actor, claim_form: ClaimForm) -> HttpResponse:
    at = clock.now()
    found = providers_of(actor)
    slug = visible_tenant(actor, actor.home).slug
    context = {
        "rows": provider_rows(found, link_counts(actor, [p.id for p in found])),
        "domains": own_domains(actor),
        "claims": [claim_row(claim, at) for claim in claims_to_domains(actor)],
        "claim_form": claim_form,
        "door": settings.MAINSTAY_URL.rstrip("/") + reverse("sign_in_at", args=[slug]),
        "now": at,
    }
    return render(request, "portal/single_sign_on.html", context, status=422 if claim_form.errors else 200)


def provider_rows(
    found: list[Provider] | list[StaffProvider], counts: dict[UUID, int]
) -> list[dict[str, Any]]:
    return [{"provider": one, "people": counts.get(one.id, 0)} for one in found]


def claim_row(claim: DomainClaim, at: datetime) -> dict[str, Any]:
    return {
        "claim": claim,
        "txt_name": txt_name(claim.domain),
        "txt_value": txt_value(claim.token),
        "is_under_way": is_under_way(claim, at=at),
        "words": CLAIM_RESULTS.get(claim.result, ""),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@lately_proven(also_reading=True)
@member_page
def new_provider(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_SSO)
    domains = [row.domain for row in own_domains(actor)]
    form = CustomerProviderForm(request.POST or None, is_new=True, domains=domains)
    if form.is_valid():
        with told_at(form):
            made = actions.add_provider(actor, form.cleaned_data["issuer"], form.details(), at=clock.now())
        if form.is_valid():
            messages.success(request, _("Set up. Test it, then switch it on."))
            return redirect("support_provider", provider_id=made.id)
    return render(request, "portal/new_provider.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@lately_proven()
@member_page
def provider(request: HttpRequest, actor: Actor, provider_id: UUID) -> HttpResponse:
    found = provider_of(actor, provider_id)
    domains = [row.domain for row in own_domains(actor)]
    names = ("name", "client_id", "domains", "creates_members")
    start = {name: getattr(found, name) for name in names}
    is_save = request.POST.get("do") == "save"
    form = CustomerProviderForm(
        request.POST if is_save else None, is_new=False, domains=domains, initial=start
    )
    if request.method == "POST":
        said = apply_button(request, form, _buttons(actor, provider_id, form))
        if said:
            messages.success(request, said)
            gone = request.POST.get("do") == "remove"
            return redirect("support_sso") if gone else redirect("support_provider", provider_id=provider_id)
        found = provider_of(actor, provider_id)
    context = {"form": form, **provider_context(actor, found)}
    return render(request, "portal/provider.html", context, status=422 if request.method == "POST" else 200)


Buttons = dict[str, tuple[Callable[[], object], str]]


def _buttons(actor: Actor, provider_id: UUID, form: CustomerProviderForm) -> Buttons:
    at = clock.now()
    return {
        "save": (
            lambda: actions.change_provider(actor, provider_id, form.details(), at=at),
            _("The changes are saved."),
        ),
        "enable": (
            lambda: actions.switch_provider(actor, provider_id, on=True, at=at),
            _("Switched on: people can sign in with it."),
        ),
        "disable": (
            lambda: actions.switch_provider(actor, provider_id, on=False, at=at),
            _("Switched off. Who had signed in with it is signed out."),
        ),
        "require": (
            lambda: actions.require_provider(actor, provider_id, required=True, at=at),
            _("Required from now on."),
        ),
        "waive": (
            lambda: actions.require_provider(actor, provider_id, required=False, at=at),
            _("Optional from now on."),
        ),
        "remove": (
            lambda: actions.remove_provider(actor, provider_id, at=at),
            _("The provider is removed."),
        ),
    }


def apply_button(request: HttpRequest, form: Any, buttons: Buttons) -> str:
    """What one of a provider's buttons did, as a sentence; empty where it could not, with the reasons in the form."""
    what = request.POST.get("do", "")
    if what not in buttons:
        raise Malformed
    act, said = buttons[what]
    if what != "save":
        # Buttons beside the form: a problem becomes a page of its own, nothing that was typed is lost.
        act()
        return said
    if form.is_valid():
        with told_at(form):
            act()
    return said if form.is_valid() else ""


def provider_context(actor: Actor, found: Provider | StaffProvider) -> dict[str, Any]:
    return {
        "provider": found,
        "callback": callback_address(found.id),
        "tried": FAULT_WORDS.get(found.tried_fault, ""),
        "links": links_to(actor, found.id),
        "now": clock.now(),
    }


@require_POST
@member_page
def unlink(request: HttpRequest, actor: Actor, provider_id: UUID, member_id: UUID) -> HttpResponse:
    provider_of(actor, provider_id)
    actions.unlink_member(actor, provider_id, member_id, at=clock.now())
    messages.success(request, _("The link is removed."))
    return redirect("support_provider", provider_id=provider_id)


@require_POST
@member_page
def add_claim(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_SSO)
    form = ClaimForm(request.POST)
    if form.is_valid():
        with told_at(form):
            claim_domain(actor, form.cleaned_data["domain"], at=clock.now())
    if not form.is_valid():
        return overview_page(request, actor, form)
    messages.success(request, _("Now put the record below into the domain's DNS."))
    return redirect("support_sso")


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def claim(request: HttpRequest, actor: Actor, claim_id: UUID) -> HttpResponse:
    """The state of a check, which the page renews by itself while one is under way; POST begins one."""
    found, at = claim_to_domain(actor, claim_id), clock.now()
    if request.method == "POST":
        if ask_check(actor, claim_id, at=at):
            check_domain.defer(claim_id)
        if not getattr(request, "htmx", False):
            return redirect("support_sso")
        found = claim_to_domain(actor, claim_id)
    return render(request, "portal/_claim.html", {"row": claim_row(found, at), "now": at})


@require_POST
@member_page
def forget_claim(request: HttpRequest, actor: Actor, claim_id: UUID) -> HttpResponse:
    drop_claim(actor, claim_id, at=clock.now())
    messages.success(request, _("The domain is taken off the list."))
    return redirect("support_sso")
