"""The agents' queue."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import Invalid, NotFound
from mainstay.people.access.doors import staff_page
from mainstay.people.access.rules import is_own_path
from mainstay.people.tenants.queries import visible_tenants
from mainstay.shell.answers import with_toast
from mainstay.support.tickets.actions import assign_ticket
from mainstay.support.tickets.labels import CATEGORIES, SEVERITIES, SOURCES, STATUSES
from mainstay.support.tickets.queries import visible_ticket_by_number
from mainstay.support.tickets.rules import OPEN_TICKETS, SEE_TICKETS, TRIAGE
from mainstay.surfaces.desk.queries.queue import board, counts_and_top, one_row, queue_rows, rows_again
from mainstay.surfaces.desk.rules import (
    COUNT_LIMIT,
    ME,
    NOBODY,
    PAGE_SIZE,
    QUEUE_KEYS,
    QUEUE_WORDS,
    SORT_WORDS,
    Queue,
    View,
    as_number,
    view_from,
)


@require_GET
@staff_page
def queue(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(SEE_TICKETS)
    view, at = view_from(request.GET.dict()), now()
    if "shown" in request.GET:
        return _refreshed(request, actor, view)
    listing = queue_rows(actor, view, now=at)
    found = board(actor, now=at)
    context = {
        **_frame(view, found.counts),
        **_filters(found.people, found.plans),
        "now": at,
        "rows": listing.rows,
        "next_cursor": listing.next_cursor,
        "may_take": actor.may(TRIAGE),
        "may_open": actor.may(OPEN_TICKETS),
        "shown_words": _shown_words(len(listing.rows)),
        **_customer(actor, view, request.GET.get("who", "").strip()),
    }
    return render(request, "desk/queue.html", context)


def _refreshed(request: HttpRequest, actor: Actor, view: View) -> HttpResponse:
    """What a hint makes the page fetch: its rows where they are, the counts, and how many are new."""
    at = now()
    given = request.GET["shown"].split("-")[:PAGE_SIZE]
    numbers = [number for text in given if (number := as_number(text)) is not None]
    counts, top = counts_and_top(actor, view, now=at)
    context = {
        **_frame(view, counts),
        "now": at,
        "rows": rows_again(actor, view, numbers, now=at),
        "new_count": 0 if view.after else len(set(top) - set(numbers)),
        "may_take": actor.may(TRIAGE),
        "is_refresh": True,
    }
    return render(request, "desk/_refresh.html", context)


@require_POST
@staff_page
def take(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Assign a ticket of the queue to oneself, without leaving the queue."""
    at, number = now(), as_number(request.POST.get("number", ""))
    if number is None:
        raise NotFound
    ticket = visible_ticket_by_number(actor, number)
    assign_ticket(actor, ticket.id, actor.staff_id, at=at)
    done = _("#%(number)s is yours.") % {"number": number}
    if not getattr(request, "htmx", False):
        messages.success(request, done)
        return redirect(back_to(request))
    row = one_row(actor, number, now=at)
    context = {"now": at, "row": row, "may_take": True, **_addresses(_view_posted(request))}
    return with_toast(render(request, "desk/_row.html", context), done)


@require_GET
@staff_page
def find(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The search box: a ticket's number leads to the ticket."""
    wanted = as_number(request.GET.get("number", "").strip().lstrip("#"))
    if wanted is not None:
        return redirect("desk_ticket", number=visible_ticket_by_number(actor, wanted).number)
    messages.warning(request, _("Type a ticket's number, such as 1042."))
    return redirect("desk_queue")


def back_to(request: HttpRequest, otherwise: str = "") -> str:
    target = request.POST.get("next", "")
    # A path and nothing else: `redirect` would take a bare word for the name of a page.
    if is_own_path(target):
        return target
    return otherwise or reverse("desk_queue")


def _view_posted(request: HttpRequest) -> View:
    """The view that the row stands in; its parameters come along, others of the form are ignored."""
    try:
        return view_from(request.POST.dict())
    except Invalid:
        return View()


def _addresses(view: View) -> dict[str, str]:
    query = view.address()
    return {
        "query": query,
        "suffix": f"?{query}" if query else "",
        "queue_url": reverse("desk_queue"),
        "take_url": reverse("desk_take"),
    }


def _frame(view: View, counts: dict[Queue, int]) -> dict[str, Any]:
    shown = [q for q in Queue if q is not Queue.PROPOSED or counts[q] or view.queue is q]
    tabs = [
        {
            "word": QUEUE_WORDS[q],
            "url": reverse("desk_queue") + (f"?queue={q}" if q is not Queue.OPEN else ""),
            "count": _count_word(counts[q]),
            "is_current": q is view.queue,
            "key": QUEUE_KEYS[q],
            "is_urgent": q in (Queue.BREACHED, Queue.PROPOSED) and counts[q] > 0,
        }
        for q in shown
    ]
    return {
        "view": view,
        **_addresses(view),
        "title": QUEUE_WORDS[view.queue],
        "tabs": tabs,
        "count": _count_word(counts[view.queue]),
    }


def _count_word(count: int) -> str:
    return f"{COUNT_LIMIT - 1}+" if count >= COUNT_LIMIT else str(count)


def _filters(people: list[tuple[Any, str]], plans: list[Any]) -> dict[str, Any]:
    return {
        "statuses": list(STATUSES.items()),
        "severities": [(code, f"{code} – {word}") for code, word in SEVERITIES.items()],
        "categories": list(CATEGORIES.items()),
        "channels": list(SOURCES.items()),
        "assignees": [(ME, _("Me")), (NOBODY, _("Nobody")), *((str(p), name) for p, name in people)],
        "plans": plans,
        "sorts": list(SORT_WORDS.items()),
    }


def _shown_words(count: int) -> str:
    return ngettext("%(count)s ticket on this page", "%(count)s tickets on this page", count) % {
        "count": count
    }


def _customer(actor: Actor, view: View, who: str) -> dict[str, Any]:
    """The customer of the filter; or, for what was typed into its field, whose names begin like that."""
    if who:
        listed = list(visible_tenants(actor).filter(name__istartswith=who).order_by("name", "id")[:8])
        return {"who": who, "candidates": listed}
    named = visible_tenants(actor).filter(slug=view.customer).values_list("name", flat=True)
    return {"customer": named.first() or view.customer if view.customer else "", "candidates": None}
