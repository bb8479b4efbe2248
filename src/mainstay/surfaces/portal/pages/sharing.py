"""Who else at the customer reads a ticket."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mainstay.core.actor import TENANT_MANAGERS, Actor
from mainstay.core.clock import now
from mainstay.core.errors import Invalid
from mainstay.people.access.doors import member_page
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.queries import visible_members
from mainstay.people.tenants.rules import MemberRole, MemberState
from mainstay.support.tickets.actions import share_ticket, unshare_ticket
from mainstay.support.tickets.models import Follower, Ticket
from mainstay.support.tickets.rules import SHARE
from mainstay.surfaces.portal.queries.conversation import customers_ticket

_SHOWN = 30
# Portal users and contacts never see a ticket but their own; a share would promise what the wall refuses.
_READERS = (*TENANT_MANAGERS, MemberRole.PM, MemberRole.FIELD)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def share(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    actor.require(SHARE)
    shown = customers_ticket(actor, number)
    if request.method != "POST":
        return render(request, "portal/share.html", _context(request, actor, shown))
    try:
        messages.success(request, _change(request, actor, shown))
    except Invalid as problem:
        messages.error(request, " ".join(str(t) for texts in problem.fields.values() for t in texts))
    return redirect("support_share", number=number)


def _change(request: HttpRequest, actor: Actor, shown: Ticket) -> str:
    at, wanted = now(), request.POST.get("do", "")
    if wanted == "everybody":
        share_ticket(actor, shown.id, with_everybody=True, at=at)
        return _("Everybody of your organisation can read it now.")
    if wanted == "not-everybody":
        unshare_ticket(actor, shown.id, with_everybody=True, at=at)
        return _("Only those named here can read it now.")
    member = _member(actor, request.POST.get("member", ""))
    if wanted == "remove":
        unshare_ticket(actor, shown.id, member_id=member.id, at=at)
        return _("%(name)s no longer reads along.") % {"name": member}
    share_ticket(actor, shown.id, member_id=member.id, at=at)
    return _("%(name)s reads along now.") % {"name": member}


def _member(actor: Actor, text: str) -> Member:
    try:
        member = visible_members(actor).filter(id=UUID(text), role__in=_READERS).first()
    except ValueError:
        member = None
    if member is None:
        raise Invalid(fields={"member": [_("There is no such person in your organisation.")]})
    return member


def _context(request: HttpRequest, actor: Actor, shown: Ticket) -> dict[str, Any]:
    words = request.GET.get("q", "").strip()[:100]
    reading = Follower.objects.filter(
        tenant_id=shown.tenant_id, ticket_id=shown.id, member__isnull=False
    ).select_related("member")
    followers = sorted((row.member for row in reading if row.member), key=lambda m: str(m).casefold())
    others = visible_members(actor).filter(role__in=_READERS).exclude(state=MemberState.SUSPENDED)
    others = others.exclude(id__in=[shown.requester_id, *(member.id for member in followers)])
    if words:
        others = others.filter(Q(name__icontains=words) | Q(email__icontains=words))
    found = list(others.order_by("name", "email")[: _SHOWN + 1])
    return {
        "ticket": shown,
        "followers": followers,
        "people": found[:_SHOWN],
        "has_more": len(found) > _SHOWN,
        "words": words,
        "organisation": getattr(getattr(request, "seat", None), "tenant_name", ""),
    }
