"""Whether everybody at the customer needs a second factor."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.people.access.doors import member_page
from mainstay.people.access.factors.changes import covered_people, demand_factor
from mainstay.people.tenants.queries import visible_tenant


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def second_factor(request: HttpRequest, actor: Actor) -> HttpResponse:
    having, everybody = covered_people(actor, actor.home)
    if request.method == "POST":
        is_demanded = request.POST.get("demand") == "yes"
        demand_factor(actor, actor.home, is_demanded=is_demanded, at=clock.now())
        said = (
            _("Everybody needs a second factor now.")
            if is_demanded
            else _("A second factor is optional now.")
        )
        messages.success(request, said)
        return redirect("support_second_factor")
    tenant = visible_tenant(actor, actor.home)
    context = {"is_demanded": tenant.requires_second_factor, "having": having, "everybody": everybody}
    return render(request, "portal/second_factor.html", context)
