"""Changes of a ticket that are one click: each a form of its own, each says when somebody was faster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import Conflict, Invalid, Problem
from mainstay.people.access.doors import staff_page
from mainstay.people.tenants.queries import member_by_email
from mainstay.support.tickets.actions import (
    assign_ticket,
    change_severity,
    change_status,
    classify_ticket,
    confirm_severity,
    edit_message,
    share_ticket,
    unfollow_ticket,
    unshare_ticket,
    watch_ticket,
)
from mainstay.support.tickets.labels import STATUSES
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.rules import TAG_LIMIT, Severity, Status
from mainstay.surfaces.desk.pages.queue import back_to
from mainstay.surfaces.desk.queries.ticket import desk_ticket
from mainstay.surfaces.desk.rules import as_uuid

Change = Callable[[HttpRequest, Actor, Ticket, datetime], str]
"""Makes the change and returns the sentence that tells of it."""


def _changing(change: Change) -> Callable[..., HttpResponse]:
    """Locks the ticket, makes the change or leaves all as it was, and goes back with a sentence."""

    def view(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
        ticket = desk_ticket(actor, number, lock=True)
        try:
            with transaction.atomic():
                messages.success(request, change(request, actor, ticket, now()))
        except (Invalid, Conflict) as problem:
            messages.error(request, _sentence(problem))
        return redirect(back_to(request, reverse("desk_ticket", args=[number])))

    return require_POST(staff_page(view))  # type: ignore[no-any-return]


def _sentence(problem: Problem) -> str:
    named = [str(text) for texts in problem.fields.values() for text in texts]
    return " ".join(named) if named and isinstance(problem, Invalid) else str(problem.detail)


def _unchanged_since(request: HttpRequest, present: str, word: str) -> None:
    """`was` is what the page showed; absent where a page shows nothing of it."""
    was = request.POST.get("was")
    if was is not None and was != present:
        raise Conflict(
            _("Somebody was faster: it is now “%(present)s”. Nothing was changed.") % {"present": word}
        )


def _status(request: HttpRequest, actor: Actor, ticket: Ticket, at: datetime) -> str:
    _unchanged_since(request, ticket.status, str(STATUSES[Status(ticket.status)]))
    wanted = request.POST.get("status", "")
    if wanted not in {s.value for s in Status}:
        raise Invalid(fields={"status": [_("There is no such choice.")]})
    change_status(actor, ticket.id, Status(wanted), at=at)
    return _("#%(number)s: %(status)s") % {"number": ticket.number, "status": STATUSES[Status(wanted)]}


def _severity(request: HttpRequest, actor: Actor, ticket: Ticket, at: datetime) -> str:
    _unchanged_since(request, ticket.severity, ticket.severity)
    wanted = request.POST.get("severity", "")
    if wanted == "confirm":
        changed = confirm_severity(actor, ticket.id, at=at)
        return _("Confirmed: %(severity)s. Its clocks start now.") % {"severity": changed.severity}
    if wanted not in {s.value for s in Severity}:
        raise Invalid(fields={"severity": [_("There is no such choice.")]})
    change_severity(actor, ticket.id, Severity(wanted), at=at)
    return _("#%(number)s is %(severity)s now.") % {"number": ticket.number, "severity": wanted}


def _assignee(request: HttpRequest, actor: Actor, ticket: Ticket, at: datetime) -> str:
    holder = ticket.assignee.name if ticket.assignee else _("nobody")
    _unchanged_since(request, str(ticket.assignee_id or ""), holder)
    wanted = request.POST.get("assignee", "")
    person = actor.staff_id if wanted == "me" else as_uuid(wanted)
    if wanted and person is None:
        raise Invalid(fields={"assignee": [_("There is no such choice.")]})
    assign_ticket(actor, ticket.id, person, at=at)
    if person is None:
        return _("#%(number)s has no assignee now.") % {"number": ticket.number}
    return _("#%(number)s was assigned.") % {"number": ticket.number}


def _classify(request: HttpRequest, actor: Actor, ticket: Ticket, at: datetime) -> str:
    tags = tuple(t.strip().lower() for t in request.POST.get("tags", "").split(",") if t.strip())
    if any(len(tag) > TAG_LIMIT for tag in tags):
        raise Invalid(fields={"tags": [_("A tag has at most %(limit)d characters.") % {"limit": TAG_LIMIT}]})
    reproducible = {"yes": True, "no": False}.get(request.POST.get("is_reproducible", ""))
    classify_ticket(
        actor,
        ticket.id,
        category=request.POST.get("category", "").strip()[:40],
        module=request.POST.get("module", "").strip()[:80],
        tags=tags,
        is_reproducible=reproducible,
        at=at,
    )
    return _("The classification was saved.")


def _share(request: HttpRequest, actor: Actor, ticket: Ticket, at: datetime) -> str:
    if "everybody" in request.POST:
        share_ticket(actor, ticket.id, with_everybody=True, at=at)
        return _("Everybody at %(customer)s can read this ticket now.") % {"customer": ticket.tenant.name}
    member = member_by_email(actor, ticket.tenant_id, request.POST.get("email", ""))
    if member is None:
        raise Invalid(fields={"email": [_("Nobody at this customer has that address.")]})
    share_ticket(actor, ticket.id, member_id=member.id, at=at)
    return _("%(name)s follows this ticket now.") % {"name": member.name or member.email}


def _unshare(request: HttpRequest, actor: Actor, ticket: Ticket, at: datetime) -> str:
    if "everybody" in request.POST:
        unshare_ticket(actor, ticket.id, with_everybody=True, at=at)
    else:
        unshare_ticket(actor, ticket.id, member_id=as_uuid(request.POST.get("member", "")), at=at)
    return _("The ticket is shared with fewer people now.")


def _follow(request: HttpRequest, actor: Actor, ticket: Ticket, at: datetime) -> str:
    if request.POST.get("follow") == "no":
        unfollow_ticket(actor, ticket.id)
        return _("You no longer follow this ticket.")
    watch_ticket(actor, ticket.id, at=at)
    return _("You follow this ticket: its replies reach you too.")


def _edit(request: HttpRequest, actor: Actor, ticket: Ticket, at: datetime) -> str:
    message_id = as_uuid(request.POST.get("message", ""))
    if message_id is None:
        raise Invalid(fields={"message": [_("There is no such choice.")]})
    edit_message(actor, ticket.id, message_id, request.POST.get("body", ""), at=at)
    return _("The message was changed. What it said before is kept with it.")


status = _changing(_status)
severity = _changing(_severity)
assignee = _changing(_assignee)
classify = _changing(_classify)
share = _changing(_share)
unshare = _changing(_unshare)
follow = _changing(_follow)
edit = _changing(_edit)
