"""What the people of a customer's portal see in the operator's place."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import NotFound
from mainstay.core.storage.rules import ScanVerdict
from mainstay.core.storage.serving import file_response
from mainstay.people.access.doors import member_page
from mainstay.people.tenants.actions import change_branding
from mainstay.people.tenants.branding import Branding, accent_of
from mainstay.people.tenants.queries import brand_of
from mainstay.people.tenants.rules import MANAGE_BRANDING
from mainstay.shell.forms import told_at
from mainstay.surfaces.portal.doors import logo_page, uploads_of
from mainstay.surfaces.portal.forms import BrandingForm
from mainstay.surfaces.portal.queries.appearance import logo_url, styles_url
from mainstay.surfaces.portal.queries.listing import is_portal_user


@require_http_methods(["GET", "HEAD", "POST"])
@logo_page
def branding(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_BRANDING)
    if request.method != "POST":
        return _page(request, actor, BrandingForm(initial=asdict(brand_of(actor).branding)))
    form = BrandingForm(request.POST)
    uploads = uploads_of(request)
    form.is_valid()
    for refused in (upload for upload in uploads if upload.stored is None):
        form.add_error("logo", str(refused.problem))
    is_done = False
    if form.is_valid():
        with told_at(form):
            change_branding(
                actor,
                _given(form.cleaned_data),
                logo=next((upload.stored for upload in uploads), None),
                drop_logo=form.cleaned_data["drop_logo"],
                at=now(),
            )
            is_done = True
    if not is_done:
        return _page(request, actor, form, status=422)
    messages.success(request, _("Saved. The people of your portal see it from now on."))
    return redirect("support_branding")


def _given(data: dict[str, Any]) -> Branding:
    return Branding(data["support_name"], data["support_email"], data["support_phone"], data["colour"])


def _page(request: HttpRequest, actor: Actor, form: BrandingForm, *, status: int = 200) -> HttpResponse:
    brand = brand_of(actor)
    context = {
        "form": form,
        "brand": brand,
        "contact": brand.branding,
        "logo_url": logo_url(brand.logo),
        "styles_url": styles_url(brand.branding),
    }
    return render(request, "portal/branding.html", context, status=status)


@require_safe
@member_page
def logo(request: HttpRequest, actor: Actor) -> HttpResponse:
    """For everybody of the customer."""
    found = brand_of(actor).logo
    if found is None:
        raise NotFound
    response = file_response(
        filename="logo",
        content_type=found.content_type,
        size=found.size,
        sha256=found.sha256,
        storage_key=found.storage_key,
        scan=ScanVerdict.UNSCANNED,  # what was found harmful was never kept
    )
    return cast("HttpResponse", response)


@require_safe
@member_page
def styles(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Two numbers, from which the product makes its shades: for portal users everywhere, for the customer's own
    people where the page shows what it would look like."""
    colour = brand_of(actor).branding.colour
    text = ""
    if colour:
        accent = accent_of(colour)
        where = ":root" if is_portal_user(actor) else "[data-brand]"
        text = f"{where} {{ --accent-hue: {accent.hue}; --accent-strength: {accent.strength}; }}\n"
    response = HttpResponse(text, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "private, max-age=600"
    response["X-Content-Type-Options"] = "nosniff"
    return response
