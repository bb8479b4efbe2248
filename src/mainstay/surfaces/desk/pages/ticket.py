"""One ticket: reading it, and writing to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import Invalid
from mainstay.people.access.doors import staff_page
from mainstay.people.messages.notices.marking import mark_subject_read
from mainstay.people.staff.looking import note_look
from mainstay.people.staff.queries import active_staff
from mainstay.people.tenants.labels import MEMBER_ROLES
from mainstay.shell.answers import forget_draft
from mainstay.shell.forms import told_at
from mainstay.support.sla.labels import counter_of
from mainstay.support.sla.queries import next_promise
from mainstay.support.tickets.actions import NewMessage, add_note, reply_to_ticket
from mainstay.support.tickets.labels import CATEGORIES, PRIORITIES, SEVERITIES, SOURCES, STATUSES
from mainstay.support.tickets.models import Attachment, Message, Ticket
from mainstay.support.tickets.queries import escalations_of
from mainstay.support.tickets.rules import (
    CHANGE_STATUS,
    REPLY,
    SHARE,
    TRIAGE,
    WRITE_NOTES,
    Priority,
    Source,
    Status,
    allowed_transitions,
)
from mainstay.surfaces.desk.forms import NOTE, WriteForm
from mainstay.surfaces.desk.forms import REPLY as PUBLIC
from mainstay.surfaces.desk.pages.uploads import Upload, attached, takes_files
from mainstay.surfaces.desk.queries.counters import workings
from mainstay.surfaces.desk.queries.queue import Row, plan_name, queue_rows
from mainstay.surfaces.desk.queries.ticket import conversation, customer_facts, desk_ticket, following
from mainstay.surfaces.desk.queries.timeline import timeline
from mainstay.surfaces.desk.rules import QUEUE_WORDS, View, view_from

LIST_SIZE = 25


@require_GET
@staff_page
def show(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    at, ticket = now(), desk_ticket(actor, number)
    request.unread = mark_subject_read(actor, ticket.id, at=at)  # type: ignore[attr-defined]
    note_look(actor, ticket.tenant_id, at=at)
    form = WriteForm(status=Status(ticket.status), initial={"kind": PUBLIC if actor.may(REPLY) else NOTE})
    return ticket_page(request, actor, ticket, form, at=at)


@require_GET
@staff_page
def thread(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """The parts of the page that a hint renews; the box one writes in is not among them."""
    at, ticket = now(), desk_ticket(actor, number)
    context = {
        **_reading(actor, ticket, at),
        **_header(actor, ticket, at),
        "here": reverse("desk_ticket", args=[number]),
        "is_refresh": True,
    }
    return render(request, "desk/_thread_refresh.html", context)


def _writes_to(request: HttpRequest, actor: Actor, number: int) -> UUID:
    actor.require(WRITE_NOTES if request.POST.get("kind") == NOTE else REPLY)
    return desk_ticket(actor, number).tenant_id


def _write(request: HttpRequest, actor: Actor, upload: Upload, number: int) -> HttpResponse:
    """A reply or a note. On any complaint the page comes back with all that was typed, and the files."""
    at, ticket = now(), desk_ticket(actor, number, lock=True)
    files = attached(request, actor, ticket.tenant_id, upload, at=at)
    form = WriteForm(request.POST, status=Status(ticket.status), has_files=bool(files))
    if upload.problem:
        form.add_error("attachments", upload.problem)
    if form.is_valid() and form.cleaned_data["kind"] == PUBLIC and _has_moved_on(form, ticket):
        form = _with_present_count(form, request.POST, ticket)
        form.add_error(
            None, _("Somebody wrote meanwhile. Read the newest message, then send again; your text is kept.")
        )
        return ticket_page(request, actor, ticket, form, at=at, status=409, kept=files)
    if form.is_valid():
        with told_at(form):
            _store(actor, ticket, form.cleaned_data, tuple(file.id for file in files), at)
    if not form.is_valid():
        return ticket_page(request, actor, desk_ticket(actor, number), form, at=at, status=422, kept=files)
    is_note = form.cleaned_data["kind"] == NOTE
    messages.success(request, _("The note was added.") if is_note else _("The reply was sent."))
    return forget_draft(redirect(_address(number, request)), draft_key(ticket))


write = takes_files(_writes_to, _write)


def _store(
    actor: Actor, ticket: Ticket, given: dict[str, Any], attachment_ids: tuple[UUID, ...], at: datetime
) -> Message:
    new = NewMessage(
        body=given["body"],
        source=Source.IN_APP,
        attachment_ids=attachment_ids,
        then_status=Status(given["then_status"]) if given["then_status"] else None,
    )
    if given["kind"] == NOTE:
        return add_note(actor, ticket.id, new, at=at)
    return reply_to_ticket(actor, ticket.id, new, at=at)


def _has_moved_on(form: WriteForm, ticket: Ticket) -> bool:
    seen = form.cleaned_data["seen"]
    return seen is not None and seen != ticket.message_count


def _with_present_count(form: WriteForm, given: QueryDict, ticket: Ticket) -> WriteForm:
    again = given.copy()
    again["seen"] = str(ticket.message_count)
    fresh = WriteForm(again, status=Status(ticket.status), has_files=form.has_files)
    fresh.full_clean()
    return fresh


def draft_key(ticket: Ticket) -> str:
    return f"write-{ticket.number}"


@require_GET
@staff_page
def further_timeline(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    ticket = desk_ticket(actor, number)
    context = {
        "ticket": ticket,
        "subject": ticket.subject or _("(no subject)"),
        "timeline": timeline(actor, ticket, after=request.GET.get("after", "")),
        "now": now(),
    }
    return render(request, "desk/timeline.html", context)


def ticket_page(
    request: HttpRequest,
    actor: Actor,
    ticket: Ticket,
    form: WriteForm,
    *,
    at: datetime,
    status: int = 200,
    kept: Sequence[Attachment] = (),
) -> HttpResponse:
    view = _view_of(request)
    rows = list(queue_rows(actor, view, now=at, size=LIST_SIZE).rows)
    context = {
        **_reading(actor, ticket, at),
        **_header(actor, ticket, at),
        **_sidebar(actor, ticket),
        "form": form,
        "kept": kept,
        "draft_key": draft_key(ticket),
        "rows": rows,
        "next_row": _next(rows, ticket),
        "view": view,
        "query": view.address(),
        "queue_word": QUEUE_WORDS[view.queue],
        "here": _address(ticket.number, request),
        "may_reply": actor.may(REPLY),
        "may_note": actor.may(WRITE_NOTES),
    }
    return render(request, "desk/ticket.html", context, status=status)


def _reading(actor: Actor, ticket: Ticket, at: datetime) -> dict[str, Any]:
    return {
        "now": at,
        "ticket": ticket,
        "entries": conversation(actor, ticket),
        "escalations": list(escalations_of(actor, ticket)) if ticket.escalated_at else [],
        "timeline": timeline(actor, ticket),
    }


def _sidebar(actor: Actor, ticket: Ticket) -> dict[str, Any]:
    tenant = ticket.tenant
    return {
        "customer": customer_facts(actor, ticket),
        "plan": plan_name(tenant.plan),
        "mrr": f"{number_format(tenant.mrr, 0, force_grouping=True)} {tenant.currency}" if tenant.mrr else "",
        "requester_role": MEMBER_ROLES[ticket.requester.role],
        "following": following(actor, ticket),
        "categories": list(CATEGORIES.items()),
        "category_word": CATEGORIES.get(ticket.category, ticket.category),
        "priority_word": PRIORITIES[Priority(ticket.priority)],
        "source_word": SOURCES[Source(ticket.source)],
        "tags_word": ", ".join(ticket.tags),
        "may_share": actor.may(SHARE),
    }


def _header(actor: Actor, ticket: Ticket, at: datetime) -> dict[str, Any]:
    status = Status(ticket.status)
    possible = allowed_transitions(status, is_handler=True)
    clocks = workings(actor, ticket, at)
    pressing = next_promise([working.shown for working in clocks])
    return {
        "subject": ticket.subject or _("(no subject)"),
        "status_word": STATUSES[status],
        "counter": counter_of(pressing),
        "clocks": clocks,
        "statuses": [(s.value, STATUSES[s]) for s in Status if s in possible],
        "severities": list(SEVERITIES.items()),
        "people": list(active_staff(actor).order_by("name", "id").values_list("id", "name")),
        "me": actor.staff_id,
        "may_change": actor.may(CHANGE_STATUS),
        "may_triage": actor.may(TRIAGE),
    }


def _view_of(request: HttpRequest) -> View:
    """The queue one came from; a broken address falls back to all open tickets."""
    try:
        return view_from(request.GET.dict())
    except Invalid:
        return View()


def _next(rows: list[Row], ticket: Ticket) -> Row | None:
    """The one below this in the queue one came from, else the queue's first."""
    numbers = [row.ticket.number for row in rows]
    place = numbers.index(ticket.number) + 1 if ticket.number in numbers else 0
    others = [*rows[place:], *rows[:place]]
    return next((row for row in others if row.ticket.number != ticket.number), None)


def _address(number: int, request: HttpRequest) -> str:
    query = _view_of(request).address()
    return reverse("desk_ticket", args=[number]) + (f"?{query}" if query else "")
