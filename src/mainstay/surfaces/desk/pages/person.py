"""One person of a customer, as the staff sees and manages them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.people.access.doors import staff_page
from mainstay.people.staff.looking import note_look
from mainstay.people.tenants.actions import name_contact, remove_contact
from mainstay.people.tenants.labels import CONTACT_PURPOSES
from mainstay.people.tenants.queries import contacts_of, visible_member
from mainstay.people.tenants.rules import MANAGE_PEOPLE
from mainstay.shell.forms import told_at
from mainstay.surfaces.portal.forms import RoleForm
from mainstay.surfaces.portal.pages.people import (
    change_person,
    grantable,
    person_context,
    role_options,
)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def person(request: HttpRequest, actor: Actor, member_id: UUID) -> HttpResponse:
    member = visible_member(actor, member_id)
    note_look(actor, member.tenant_id, at=clock.now())
    form = RoleForm(roles=grantable(actor), initial={"role": member.role})
    if request.method == "POST":
        actor.require(MANAGE_PEOPLE)
        form = RoleForm({"role": request.POST.get("role", member.role)}, roles=role_options(actor, member))
        said = ""
        if form.is_valid():
            with told_at(form):
                said = change_person(request, actor, member, form)
        if said:
            messages.success(request, said)
            return redirect("desk_person", member_id=member.id)
        member = visible_member(actor, member_id)
    named = {
        contact.purpose for contact in contacts_of(actor, member.tenant_id) if contact.member_id == member.id
    }
    context = {
        "form": form,
        **person_context(actor, member, personal="desk_personal"),
        "purposes": [(key, words, key in named) for key, words in CONTACT_PURPOSES.items()],
    }
    if not actor.may(MANAGE_PEOPLE):
        context |= {"may_change": False, "can_change_role": False, "is_reader": True}
    return render(request, "desk/person.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page
def contact(request: HttpRequest, actor: Actor, member_id: UUID) -> HttpResponse:
    """Names the person for a purpose, or no longer."""
    act = remove_contact if request.POST.get("do") == "remove" else name_contact
    act(actor, member_id, request.POST.get("purpose", ""), at=clock.now())
    messages.success(request, _("The contacts are changed."))
    return redirect("desk_person", member_id=member_id)
