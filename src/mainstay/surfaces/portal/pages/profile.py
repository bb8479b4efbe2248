"""A person's own details."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import NotFound
from mainstay.people.access.actions import change_own_profile
from mainstay.people.access.doors import member_page
from mainstay.people.tenants.queries import visible_member
from mainstay.shell.forms import told_at
from mainstay.surfaces.account.doors import own_render
from mainstay.surfaces.portal.forms import ProfileForm


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def profile(request: HttpRequest, actor: Actor) -> HttpResponse:
    if actor.member_id is None:
        raise NotFound
    member = visible_member(actor, actor.member_id)
    names = ("name", "language", "zone", "phone", "title")
    form = ProfileForm(request.POST or None, initial={name: getattr(member, name) for name in names})
    if form.is_valid():
        with told_at(form):
            change_own_profile(actor, form.cleaned_data, at=clock.now())
        if form.is_valid():
            messages.success(request, _("Your details are saved."))
            return redirect("support_profile")
    context = {"form": form, "member": member}
    return own_render(request, actor, "portal/profile.html", context, status=422 if form.errors else 200)
