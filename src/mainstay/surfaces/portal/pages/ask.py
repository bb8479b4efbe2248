"""Asking for help: what to expect is said before anything is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import Invalid
from mainstay.people.tenants.queries import brand_of, member_by_email, visible_members
from mainstay.people.tenants.rules import MemberState
from mainstay.shell.answers import forget_draft
from mainstay.shell.forms import told_at
from mainstay.support.tickets.actions import NewTicket, open_ticket
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import FILES_LIMIT, OPEN_TICKETS, Severity, Source
from mainstay.support.tickets.uploads import FormFiles, files_of_form
from mainstay.surfaces.portal.doors import renewed_fragment, uploads_of, writing_page
from mainstay.surfaces.portal.queries.listing import is_portal_user, sees_all
from mainstay.surfaces.portal.queries.promises import offer
from mainstay.surfaces.portal.ticket_forms import TicketForm

DRAFT = "new-ticket"
_COLLEAGUES = 50
_PREFILLED = ("subject", "severity", "category", "module")
"""What a link into the form may say: `/support/new?module=Reports`."""


@require_http_methods(["GET", "HEAD", "POST"])
@writing_page
def ask(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(OPEN_TICKETS)
    at, for_others = now(), sees_all(actor)
    if request.method != "POST":
        given = {name: request.GET[name] for name in _PREFILLED if name in request.GET}
        return _page(
            request,
            actor,
            TicketForm(initial=given, for_others=for_others, of_portal_user=is_portal_user(actor)),
            FormFiles([], []),
            at,
        )
    files = files_of_form(request, actor, uploads_of(request), at=at)
    form = TicketForm(request.POST, for_others=for_others, of_portal_user=is_portal_user(actor))
    form.is_valid()
    form.tell_refused(files.refused)
    ticket = None
    if form.is_valid():
        with told_at(form):
            ticket = open_ticket(actor, _new(request, actor, form.cleaned_data, files), at=at)
    if ticket is None:
        return _page(request, actor, form, files, at, status=422)
    return forget_draft(redirect(_thanks(ticket)), DRAFT)


@require_safe
@renewed_fragment
def expected(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The promise again, a minute later: a page that stands open says nothing that is no longer true."""
    at = now()
    context = {"now": at, "offer": offer(actor, now=at, with_plans=False)}
    return render(request, "portal/_expected.html", context)


def _thanks(ticket: Ticket) -> str:
    return reverse("support_ticket", args=[ticket.number]) + "?sent=yes"


def _new(request: HttpRequest, actor: Actor, given: dict[str, Any], files: FormFiles) -> NewTicket:
    requester_id = None
    if given.get("requester"):
        colleague = member_by_email(actor, actor.home, given["requester"])
        if colleague is None:
            raise Invalid(fields={"requester": [_("Nobody of your organisation has this address.")]})
        requester_id = colleague.id
    return NewTicket(
        subject=given["subject"].strip(),
        body=given["body"],
        source=Source.PORTAL,
        tenant_id=actor.home,
        requester_id=requester_id,
        severity=Severity(given["severity"]),
        category=given["category"],
        module=given["module"].strip(),
        language=actor.language if requester_id is None else "",
        context={"browser": request.headers.get("User-Agent", "")[:300]},
        is_platform_issue=given.get("is_platform_issue", False),
        attachment_ids=files.ids,
    )


def _page(
    request: HttpRequest, actor: Actor, form: TicketForm, files: FormFiles, at: datetime, *, status: int = 200
) -> HttpResponse:
    context = {
        "now": at,
        "form": form,
        "kept": files.files,
        "offer": offer(actor, now=at),
        "draft": DRAFT,
        "file_limit": settings.MAINSTAY_MAX_UPLOAD_BYTES // 2**20 * 10**6,
        "files_limit": FILES_LIMIT,
        "colleagues": _colleagues(actor) if sees_all(actor) else [],
        "may_change_plan": sees_all(actor),
        "contact": brand_of(actor).branding if is_portal_user(actor) else None,
    }
    return render(request, "portal/ask.html", context, status=status)


def _colleagues(actor: Actor) -> list[tuple[str, str]]:
    """A first few as suggestions; any other address can be typed."""
    people = visible_members(actor).exclude(Q(state=MemberState.SUSPENDED) | Q(id=actor.person_id))
    return list(people.order_by("name", "email").values_list("email", "name")[:_COLLEAGUES])
