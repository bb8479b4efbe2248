"""The customer's people, managed by its own owners and administrators."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.errors import Malformed
from mainstay.people.access.actions import invite_member, resend_invitation, revoke_invitation
from mainstay.people.access.doors import member_page
from mainstay.people.access.factors.changes import has_factors, reset_factors
from mainstay.people.access.queries import open_invitations
from mainstay.people.privacy.rules import EXPORT_PERSON
from mainstay.people.tenants.actions import change_role, restore_member, suspend_member
from mainstay.people.tenants.labels import MEMBER_ROLES, MEMBER_STATES
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.queries import MemberFilter, page_of_members, visible_member
from mainstay.people.tenants.rules import INVITABLE, MANAGE_PEOPLE, MemberState, may_grant
from mainstay.shell.forms import told_at
from mainstay.surfaces.portal.forms import InviteForm, RoleForm


@require_http_methods(["GET", "HEAD"])
@member_page
def people(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_PEOPLE)
    wanted = MemberFilter(
        text=request.GET.get("q", "")[:200].strip(),
        role=known(request.GET.get("role", ""), MEMBER_ROLES),
        state=known(request.GET.get("state", ""), MEMBER_STATES),
    )
    page = page_of_members(actor, actor.home, wanted, cursor=request.GET.get("after"))
    context = {
        "rows": people_rows(actor, actor.home, list(page.rows)),
        "next_cursor": page.next_cursor,
        "roles": list(MEMBER_ROLES.items()),
        "states": list(MEMBER_STATES.items()),
        "is_filtered": wanted != MemberFilter(),
        "now": clock.now(),
    }
    return render(request, "portal/people.html", context)


def known(value: str, table: Mapping[str, object]) -> str:
    """A filter out of the address; what nobody knows filters nothing."""
    return value if value in table else ""


def people_rows(actor: Actor, tenant_id: UUID, members: list[Member]) -> list[dict[str, object]]:
    waiting = open_invitations(actor, tenant_id, [m.id for m in members if m.state == MemberState.INVITED])
    return [
        {
            "member": member,
            "role": MEMBER_ROLES[member.role],
            "state": MEMBER_STATES[member.state],
            "meaning": STATE_MEANINGS[member.state],
            "invitation": waiting.get(member.id),
        }
        for member in members
    ]


STATE_MEANINGS: dict[str, str] = {
    MemberState.ACTIVE: "good",
    MemberState.INVITED: "notice",
    MemberState.SUSPENDED: "warning",
}


def grantable(actor: Actor) -> list[str]:
    return [str(role) for role in INVITABLE if may_grant(actor.roles, role)]


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def invite(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(MANAGE_PEOPLE)
    form = InviteForm(request.POST or None, roles=grantable(actor), initial={"role": "field"})
    if form.is_valid():
        with told_at(form):
            invite_member(actor, actor.home, at=clock.now(), **form.cleaned_data)
    if form.is_bound and form.is_valid():
        messages.success(
            request, _("The invitation to %(email)s is on its way.") % {"email": form.cleaned_data["email"]}
        )
        return redirect("support_people")
    return render(request, "portal/invite.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def person(request: HttpRequest, actor: Actor, member_id: UUID) -> HttpResponse:
    actor.require(MANAGE_PEOPLE)
    member = visible_member(actor, member_id)
    form = RoleForm(roles=grantable(actor), initial={"role": member.role})
    if request.method == "POST":
        form = RoleForm({"role": request.POST.get("role", member.role)}, roles=role_options(actor, member))
        said = ""
        if form.is_valid():
            with told_at(form):
                said = change_person(request, actor, member, form)
        if said:
            messages.success(request, said)
            return redirect("support_person", member_id=member.id)
        member = visible_member(actor, member_id)
    context = {"form": form, **person_context(actor, member)}
    return render(request, "portal/person.html", context, status=422 if form.errors else 200)


def role_options(actor: Actor, member: Member) -> list[str]:
    return list(dict.fromkeys([*grantable(actor), member.role]))


def change_person(request: HttpRequest, actor: Actor, member: Member, form: RoleForm) -> str:
    """One of the buttons of a person's page; the sentence that tells what happened."""
    at, what = clock.now(), request.POST.get("do", "")
    if what == "role":
        change_role(actor, member.id, form.cleaned_data["role"], at=at)
        return _("The role is changed.")
    if what == "suspend":
        suspend_member(actor, member.id, at=at)
        return _("The person is suspended. Nobody can sign in with this access any more.")
    if what == "restore":
        restore_member(actor, member.id, at=at)
        return _("The person is restored.")
    if what == "reset_factors":
        reset_factors(actor, member.id, at=at)
        return _("The second factors are removed. The person was told by mail.")
    if what == "resend":
        resend_invitation(actor, member.id, at=at)
        return _("A new invitation is on its way; the old one no longer works.")
    if what == "revoke":
        revoke_invitation(actor, member.id, at=at)
        return _("The invitation is taken back.")
    raise Malformed


def person_context(actor: Actor, member: Member, *, personal: str = "support_personal") -> dict[str, object]:
    """`personal` names the page about the person's data."""
    row = people_rows(actor, member.tenant_id, [member])[0]
    may = may_grant(actor.roles, member.role) and member.erased_at is None
    return {
        **row,
        "is_self": member.id == actor.member_id,
        "personal_url": reverse(personal, args=[member.id]) if actor.may(EXPORT_PERSON) else "",
        "can_reset_factors": may and member.id != actor.member_id and has_factors(actor, member.id),
        "may_change": may,
        "can_change_role": may and member.role != "contact" and member.state != MemberState.SUSPENDED,
        "never_joined": member.joined_at is None and member.role != "contact",
        "now": clock.now(),
    }
