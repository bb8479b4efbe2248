"""The list: my tickets, and what happens next with each."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import Invalid
from mainstay.people.access.doors import member_page
from mainstay.support.tickets.labels import SEVERITIES, SOURCES
from mainstay.support.tickets.rules import OPEN_TICKETS, SEE_TICKETS, Status
from mainstay.surfaces.portal.labels import STATUSES
from mainstay.surfaces.portal.queries.listing import is_portal_user, sees_all, ticket_list, waiting_count
from mainstay.surfaces.portal.rules import ListView, UnknownChoiceError, Whose, list_view


@require_safe
@member_page
def tickets(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(SEE_TICKETS)
    view, at = _view(request), now()
    page = ticket_list(actor, view, now=at)
    context = {
        "now": at,
        "rows": page.rows,
        "is_empty": not page.rows and not view.is_filtered and not view.after,
        "next_cursor": page.next_cursor,
        "view": view,
        "is_all": view.whose is Whose.ALL,
        "is_mine": view.whose is Whose.MINE,
        "sees_all": sees_all(actor),
        "is_portal_user": is_portal_user(actor),
        "me": actor.member_id,
        "waiting": 0 if view.status is Status.WAITING else waiting_count(actor),
        "statuses": list(STATUSES.items()),
        "severities": [(code, f"{code} – {word}") for code, word in SEVERITIES.items()],
        "channels": list(SOURCES.items()),
        "may_ask": actor.may(OPEN_TICKETS),
    }
    return render(request, "portal/tickets.html", context)


def _view(request: HttpRequest) -> ListView:
    try:
        return list_view(request.GET.dict())
    except UnknownChoiceError as wrong:
        raise Invalid(fields={str(wrong): [_("There is no such choice.")]}) from wrong
