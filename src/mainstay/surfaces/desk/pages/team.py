"""The operator's own people, and one's own details."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import Malformed, NotFound
from mainstay.people.access.actions import change_own_profile
from mainstay.people.access.doors import staff_page
from mainstay.people.access.factors.changes import has_factors, reset_factors
from mainstay.people.staff.actions import add_staff, change_staff_roles, deactivate_staff, reactivate_staff
from mainstay.people.staff.labels import STAFF_ROLES
from mainstay.people.staff.models import Staff
from mainstay.people.staff.queries import team, visible_staff
from mainstay.people.staff.rules import MANAGE_STAFF
from mainstay.shell.forms import told_at
from mainstay.surfaces.account.doors import own_render
from mainstay.surfaces.desk.forms_admin import NewStaffForm, RolesForm, StaffProfileForm


@require_http_methods(["GET", "HEAD"])
@staff_page
def staff(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_STAFF)
    rows = [{"staff": person, "roles": role_words(person)} for person in team(actor)]
    return render(request, "desk/staff.html", {"rows": rows})


def role_words(person: Staff) -> list[str]:
    return sorted(str(STAFF_ROLES[role]) for role in person.roles)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def new_staff(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_STAFF)
    form = NewStaffForm(request.POST or None)
    if form.is_valid():
        with told_at(form):
            add_staff(actor, at=clock.now(), **form.cleaned_data)
        if form.is_valid():
            messages.success(request, _("Added. A mail with a link to choose a password is on its way."))
            return redirect("desk_staff")
    return render(request, "desk/new_staff.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def colleague(request: HttpRequest, actor: Actor, staff_id: UUID) -> HttpResponse:
    actor.require(MANAGE_STAFF)
    person = visible_staff(actor).filter(id=staff_id).first()
    if person is None:
        raise NotFound
    form = RolesForm(initial={"roles": person.roles})
    if request.method == "POST":
        roles = request.POST.getlist("roles") if request.POST.get("do") == "roles" else person.roles
        form = RolesForm({"roles": roles})
        said = ""
        if form.is_valid():
            with told_at(form):
                said = _change(request, actor, person, form)
        if said:
            messages.success(request, said)
            return redirect("desk_colleague", staff_id=person.id)
    context = {
        "form": form,
        "person": person,
        "roles": role_words(person),
        "is_self": person.id == actor.staff_id,
        "can_reset_factors": person.id != actor.staff_id and has_factors(actor, person.id),
    }
    return render(request, "desk/colleague.html", context, status=422 if form.errors else 200)


def _change(request: HttpRequest, actor: Actor, person: Staff, form: RolesForm) -> str:
    at, what = clock.now(), request.POST.get("do", "")
    if what == "roles":
        change_staff_roles(actor, person.id, form.cleaned_data["roles"], at=at)
        return _("The roles are changed.")
    if what == "deactivate":
        deactivate_staff(actor, person.id, at=at)
        return _("Deactivated. Open sessions have ended.")
    if what == "reset_factors":
        reset_factors(actor, person.id, at=at)
        return _("The second factors are removed. The person was told by mail.")
    if what == "reactivate":
        reactivate_staff(actor, person.id, at=at)
        return _("Reactivated.")
    raise Malformed


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def profile(request: HttpRequest, actor: Actor) -> HttpResponse:
    me = visible_staff(actor).filter(id__in=[actor.staff_id]).first()
    if me is None:
        raise NotFound
    names = ("name", "public_name", "language", "zone")
    form = StaffProfileForm(request.POST or None, initial={name: getattr(me, name) for name in names})
    if form.is_valid():
        with told_at(form):
            change_own_profile(actor, form.cleaned_data, at=clock.now())
        if form.is_valid():
            messages.success(request, _("Your details are saved."))
            return redirect("desk_profile")
    context = {"form": form, "me": me, "roles": role_words(me)}
    return own_render(request, actor, "desk/profile.html", context, status=422 if form.errors else 200)
