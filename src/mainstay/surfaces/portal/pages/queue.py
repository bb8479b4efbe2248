"""The customer's own queue: what the people of its portal ask, before the operator ever hears of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import Conflict, Invalid, Malformed
from mainstay.people.access.doors import member_page
from mainstay.people.tenants.rules import MANAGE_BRANDING
from mainstay.shell.forms import told_at
from mainstay.support.tickets.actions import change_priority, change_status, escalate_ticket, give_ticket
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import ESCALATE, GIVE, HANDLE, Audience, Priority, Severity, Status
from mainstay.surfaces.portal.labels import WORK_STATUSES
from mainstay.surfaces.portal.queries.conversation import customers_ticket
from mainstay.surfaces.portal.queries.listing import queue_list
from mainstay.surfaces.portal.rules import QueueView, Share, UnknownChoiceError, queue_view
from mainstay.surfaces.portal.ticket_forms import EscalateForm


@require_safe
@member_page
def queue(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(GIVE)
    view = _view(request)
    page = queue_list(actor, view)
    context = {
        "now": now(),
        "rows": page.rows,
        "next_cursor": page.next_cursor,
        "view": view,
        "may_brand": actor.may(MANAGE_BRANDING),
        "shares": [(share, word, view.share is share) for share, word in _shares()],
        "statuses": list(WORK_STATUSES.items()),
        "is_empty": not page.rows and not view.is_filtered and not view.after and view.share is Share.ALL,
    }
    return render(request, "portal/queue.html", context)


def _shares() -> list[tuple[Share, str]]:
    return [(Share.ALL, _("All")), (Share.NOBODYS, _("Nobody’s yet")), (Share.MINE, _("Mine"))]


def _view(request: HttpRequest) -> QueueView:
    try:
        return queue_view(request.GET.dict())
    except UnknownChoiceError as wrong:
        raise Invalid(fields={str(wrong): [_("There is no such choice.")]}) from wrong


@require_POST
@member_page
def handle(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """One of the small forms beside the ticket."""
    actor.require(HANDLE)
    shown = customers_ticket(actor, number)
    try:
        messages.success(request, _change(request, actor, shown))
    except Conflict:
        messages.warning(request, _("The ticket has changed meanwhile; look at what it says now."))
    return redirect("support_ticket", number=number)


def _change(request: HttpRequest, actor: Actor, shown: Ticket) -> str:
    what, at = request.POST.get("do", ""), now()
    if what == "take":
        give_ticket(actor, shown.id, actor.member_id, at=at)
        return _("You work on it now.")
    if what == "give":
        member_id = _member(request.POST.get("handler", ""))
        give_ticket(actor, shown.id, member_id, at=at)
        return _("Saved who works on it.") if member_id else _("Nobody works on it now.")
    if what == "status":
        change_status(actor, shown.id, Status(_known(request, "status", Status)), at=at)
        return _("The status is changed.")
    if what == "priority":
        change_priority(actor, shown.id, Priority(_known(request, "priority", Priority)), at=at)
        return _("The priority is changed.")
    raise Malformed


def _known(request: HttpRequest, name: str, kind: type[Status] | type[Priority]) -> str:
    text = request.POST.get(name, "")
    if text not in {one.value for one in kind}:
        raise Invalid(fields={name: [_("There is no such choice.")]})
    return text


def _member(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(fields={"handler": [_("There is no such choice.")]}) from None


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def escalate(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    actor.require(ESCALATE)
    shown = customers_ticket(actor, number)
    if shown.audience != Audience.TENANT and request.method != "POST":
        return redirect("support_ticket", number=number)
    starting = {"severity": shown.proposed_severity or shown.severity}
    form = EscalateForm(request.POST or None, initial=starting)
    is_done = False
    if form.is_valid():
        with told_at(form):
            severity = Severity(form.cleaned_data["severity"])
            escalate_ticket(actor, shown.id, note=form.cleaned_data["note"], severity=severity, at=now())
            is_done = True
    if is_done:
        said = _("It is with the operator now. You and your administrators read along.")
        messages.success(request, said)
        return redirect("support_ticket", number=number)
    context = {"ticket": shown, "form": form, "now": now()}
    return render(request, "portal/escalate.html", context, status=422 if form.errors else 200)
