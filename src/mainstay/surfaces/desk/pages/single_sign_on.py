"""The operator's providers for the staff, and which customers have their own."""

from __future__ import annotations

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
from mainstay.people.access.doors import staff_page
from mainstay.people.access.factors.lately import lately_proven
from mainstay.people.access.providers import actions
from mainstay.people.access.providers.queries import (
    link_counts,
    staff_provider,
    staff_providers,
    tenants_with_providers,
)
from mainstay.people.access.providers.rules import MANAGE_STAFF_SSO
from mainstay.shell.forms import told_at
from mainstay.surfaces.portal.forms_sso import StaffProviderForm
from mainstay.surfaces.portal.pages.single_sign_on import (
    Buttons,
    apply_button,
    provider_context,
    provider_rows,
)


@require_http_methods(["GET", "HEAD"])
@staff_page
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    own, customers = staff_providers(actor), tenants_with_providers(actor)
    counts = link_counts(actor, [*(p.id for p in own), *(p.id for p in customers)])
    context = {
        "rows": provider_rows(own, counts),
        "customers": provider_rows(customers, counts),
        "door": settings.MAINSTAY_URL.rstrip("/") + reverse("sign_in_staff"),
        "now": clock.now(),
    }
    return render(request, "desk/single_sign_on.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@lately_proven(also_reading=True)
@staff_page
def new_provider(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_STAFF_SSO)
    form = StaffProviderForm(request.POST or None, is_new=True)
    if form.is_valid():
        with told_at(form):
            made = actions.add_staff_provider(
                actor, form.cleaned_data["issuer"], form.details(), at=clock.now()
            )
        if form.is_valid():
            messages.success(request, _("Set up. Test it, then switch it on."))
            return redirect("desk_provider", provider_id=made.id)
    return render(request, "desk/new_provider.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@lately_proven()
@staff_page
def provider(request: HttpRequest, actor: Actor, provider_id: UUID) -> HttpResponse:
    found = staff_provider(actor, provider_id)
    start = {"name": found.name, "client_id": found.client_id, "domains": ", ".join(found.domains)}
    is_save = request.POST.get("do") == "save"
    form = StaffProviderForm(request.POST if is_save else None, is_new=False, initial=start)
    if request.method == "POST":
        said = apply_button(request, form, _buttons(actor, provider_id, form))
        if said:
            messages.success(request, said)
            gone = request.POST.get("do") == "remove"
            return redirect("desk_sso") if gone else redirect("desk_provider", provider_id=provider_id)
        found = staff_provider(actor, provider_id)
    context = {"form": form, **provider_context(actor, found)}
    return render(request, "desk/provider.html", context, status=422 if request.method == "POST" else 200)


def _buttons(actor: Actor, provider_id: UUID, form: StaffProviderForm) -> Buttons:
    at = clock.now()
    return {
        "save": (
            lambda: actions.change_staff_provider(actor, provider_id, form.details(), at=at),
            _("The changes are saved."),
        ),
        "enable": (
            lambda: actions.switch_staff_provider(actor, provider_id, on=True, at=at),
            _("Switched on: people can sign in with it."),
        ),
        "disable": (
            lambda: actions.switch_staff_provider(actor, provider_id, on=False, at=at),
            _("Switched off. Who had signed in with it is signed out."),
        ),
        "require": (
            lambda: actions.require_staff_provider(actor, provider_id, required=True, at=at),
            _("Required from now on."),
        ),
        "waive": (
            lambda: actions.require_staff_provider(actor, provider_id, required=False, at=at),
            _("Optional from now on."),
        ),
        "remove": (
            lambda: actions.remove_staff_provider(actor, provider_id, at=at),
            _("The provider is removed."),
        ),
    }


@require_POST
@staff_page
def unlink(request: HttpRequest, actor: Actor, provider_id: UUID, staff_id: UUID) -> HttpResponse:
    staff_provider(actor, provider_id)
    actions.unlink_staff(actor, provider_id, staff_id, at=clock.now())
    messages.success(request, _("The link is removed."))
    return redirect("desk_provider", provider_id=provider_id)
