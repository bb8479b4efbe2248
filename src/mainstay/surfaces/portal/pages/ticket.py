"""One ticket: reading it, answering, saying that it is solved or not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import Conflict
from mainstay.people.access.doors import member_page
from mainstay.people.messages.notices.marking import mark_subject_read
from mainstay.people.tenants.queries import brand_of
from mainstay.shell.answers import forget_draft
from mainstay.shell.forms import told_at
from mainstay.support.sla.queries import clocks_of
from mainstay.support.tickets.actions import (
    NewMessage,
    add_tenant_note,
    change_status,
    reply_to_ticket,
    unfollow_ticket,
)
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.queries import escalations_of, handles
from mainstay.support.tickets.rules import (
    FILES_LIMIT,
    REPLY,
    SHARE,
    WRITE_TENANT_NOTES,
    Audience,
    Source,
    Status,
    allowed_transitions,
)
from mainstay.support.tickets.uploads import FormFiles, files_of_form
from mainstay.surfaces.portal.doors import renewed_fragment, uploads_of, writing_page
from mainstay.surfaces.portal.queries.conversation import (
    Entry,
    conversation,
    customers_ticket,
    last_seen,
    readers,
)
from mainstay.surfaces.portal.queries.handling import handling
from mainstay.surfaces.portal.queries.listing import is_portal_user, step_of
from mainstay.surfaces.portal.queries.timeline import timeline
from mainstay.surfaces.portal.ticket_forms import ReplyForm


@require_http_methods(["GET", "HEAD", "POST"])
@writing_page
def ticket(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """The page; and, as its form's target, a reply. On any complaint the page comes back with all of it."""
    at, shown = now(), customers_ticket(actor, number)
    for_whom = _form_for(request, actor, shown)
    if request.method != "POST":
        request.unread = mark_subject_read(actor, shown.id, at=at)  # type: ignore[attr-defined]
        return _page(request, actor, shown, ReplyForm(**for_whom), FormFiles([], []), at)
    files = files_of_form(request, actor, uploads_of(request), at=at)
    form = ReplyForm(request.POST, has_files=bool(files.files), **for_whom)
    form.is_valid()
    form.tell_refused(files.refused)
    message = None
    if form.is_valid():
        new = NewMessage(
            body=form.cleaned_data["body"],
            source=Source.PORTAL,
            attachment_ids=files.ids,
            may_be_a_copy=True,
        )
        with told_at(form):
            write = add_tenant_note if request.POST.get("as") == "note" else reply_to_ticket
            message = write(actor, shown.id, new, at=at)
    if message is None:
        return _page(request, actor, shown, form, files, at, status=422)
    return forget_draft(redirect(_place_of(request, shown, message)), draft_key(number))


@require_safe
@renewed_fragment
def news(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """What a hint makes the page fetch: messages it does not have yet, and the boxes around them."""
    at, shown = now(), customers_ticket(actor, number)
    seen = _uuid(request.GET.get("seen", ""))
    entries = conversation(actor, shown, after=seen)
    context = {
        **_state(actor, shown, entries, at),
        "entries": entries,
        "seen": last_seen(entries) or seen,
    }
    return render(request, "portal/_news.html", context)


@require_POST
@member_page
def solved(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    shown = customers_ticket(actor, number)
    if _changed(request, actor, shown, Status.RESOLVED):
        messages.success(request, _("Good to hear. If it comes back, just write again."))
    return redirect("support_ticket", number=number)


@require_POST
@member_page
def not_solved(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    shown = customers_ticket(actor, number)
    if _changed(request, actor, shown, Status.OPEN):
        messages.success(request, _("It is open again. Tell us what still does not work."))
    return redirect(reverse("support_ticket", args=[number]) + "#reply")


@require_POST
@member_page
def leave(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """No longer read along; possible only for whom it was shared with."""
    unfollow_ticket(actor, customers_ticket(actor, number).id)
    messages.success(request, _("You no longer follow #%(number)s.") % {"number": number})
    return redirect("support_tickets")


def _form_for(request: HttpRequest, actor: Actor, shown: Ticket) -> dict[str, Any]:
    """Who of the customer answers one of its portal users speaks for it, and starts no new ticket."""
    speaks = shown.audience == Audience.TENANT and not is_portal_user(actor)
    if speaks and shown.requester_id != actor.member_id:
        return {"answers_for": _organisation(request)}
    return {"is_closed": shown.status == Status.CLOSED}


def _organisation(request: HttpRequest) -> str:
    return getattr(getattr(request, "seat", None), "tenant_name", "")


def draft_key(number: int) -> str:
    return f"reply-{number}"


def _changed(request: HttpRequest, actor: Actor, shown: Ticket, status: Status) -> bool:
    try:
        change_status(actor, shown.id, status, at=now())
    except Conflict:
        messages.warning(request, _("The ticket has changed meanwhile; look at what it says now."))
        return False
    return True


def _place_of(request: HttpRequest, answered: Ticket, message: Message) -> str:
    if message.ticket_id == answered.id:
        return reverse("support_ticket", args=[answered.number]) + f"#m-{message.id}"
    messages.success(
        request, _("#%(number)s was closed, so this goes on here.") % {"number": answered.number}
    )
    return reverse("support_ticket", args=[message.ticket.number]) + "?sent=yes"


def _page(
    request: HttpRequest,
    actor: Actor,
    shown: Ticket,
    form: ReplyForm,
    files: FormFiles,
    at: datetime,
    *,
    status: int = 200,
) -> HttpResponse:
    entries = conversation(actor, shown)
    context = {
        **_state(actor, shown, entries, at),
        "entries": entries,
        "seen": last_seen(entries),
        "form": form,
        "kept": files.files,
        "readers": None if is_portal_user(actor) else readers(actor, shown),
        "contact": brand_of(actor).branding if is_portal_user(actor) else None,
        "may_note": actor.may(WRITE_TENANT_NOTES),
        "escalations": list(escalations_of(actor, shown)) if shown.escalated_at else [],
        **handling(actor, shown),
        "handler_id": str(shown.handler_id or ""),
        "me": actor.member_id,
        "was_sent": request.GET.get("sent") == "yes" and len(entries) == 1,
        "draft": draft_key(shown.number),
        "file_limit": settings.MAINSTAY_MAX_UPLOAD_BYTES // 2**20 * 10**6,
        "files_limit": FILES_LIMIT,
        "may_reply": actor.may(REPLY),
        "may_share": actor.may(SHARE),
        "organisation": _organisation(request),
    }
    return render(request, "portal/ticket.html", context, status=status)


def _state(actor: Actor, shown: Ticket, entries: Iterable[Entry], at: datetime) -> dict[str, Any]:
    """What changes while the page stands open."""
    clocks = clocks_of(actor, [shown], at).get(shown.id, ())
    status = Status(shown.status)
    possible = allowed_transitions(status, is_handler=False)
    works_on_it = shown.audience == Audience.TENANT and handles(actor, shown)
    answers = shown.audience == Audience.TENANT and not is_portal_user(actor)
    return {
        "now": at,
        "ticket": shown,
        "step": step_of(shown, clocks),
        "clocks": clocks,
        "is_closed": status is Status.CLOSED,
        "is_own_queue": shown.audience == Audience.TENANT,
        "answers": answers and shown.requester_id != actor.member_id,
        "works_on_it": works_on_it,
        "can_solve": Status.RESOLVED in possible and not works_on_it,
        "can_reopen": status is Status.RESOLVED and Status.OPEN in possible and not works_on_it,
        "is_mine": shown.requester_id == actor.member_id,
        "is_portal_user": is_portal_user(actor),
        "moments": timeline(actor, shown, _names(actor, shown)),
    }


def _names(actor: Actor, shown: Ticket) -> dict[UUID, str]:
    names = {shown.requester_id: str(shown.requester)}
    if actor.member_id is not None:
        names[actor.member_id] = actor.name
    return names


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
