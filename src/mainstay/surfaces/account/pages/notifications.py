"""One's inbox, and how one wants to hear of things."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mainstay.core.actor import Actor
from mainstay.core.clock import now
from mainstay.core.errors import Invalid
from mainstay.people.access.doors import own_page
from mainstay.people.access.rules import is_own_path
from mainstay.people.messages.notices.choosing import Wishes, kinds_for, own_wishes, set_wishes
from mainstay.people.messages.notices.marking import (
    mark_all_read,
    mark_read,
    mark_unread,
    unmark_read_at,
)
from mainstay.people.messages.notices.reading import page_of_notices, unread_count
from mainstay.people.messages.rules import Channel, Rhythm, capped
from mainstay.surfaces.account.doors import own_render
from mainstay.surfaces.account.queries import bell_of

_UNREAD: Final = "unread"
CHANNELS: Final[dict[Channel, str | LazyText]] = {
    Channel.OFF: gettext_lazy("Off"),
    Channel.IN_APP: gettext_lazy("Inbox"),
    Channel.DIGEST: gettext_lazy("+ digest"),
    Channel.EMAIL: gettext_lazy("+ e-mail"),
}
RHYTHMS: Final[dict[Rhythm, str | LazyText]] = {
    Rhythm.DAILY: gettext_lazy("Every day at 8:00"),
    Rhythm.WEEKLY: gettext_lazy("On Mondays at 8:00"),
}


@require_http_methods(["GET", "HEAD"])
@own_page
def inbox(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = now()
    only_unread = request.GET.get("show") == _UNREAD
    request.unread = unread_count(actor)  # type: ignore[attr-defined]
    page = page_of_notices(actor, only_unread=only_unread, cursor=request.GET.get("after") or None)
    context = {
        "now": at,
        "until": at.isoformat(),
        "notices": page.rows,
        "next_cursor": page.next_cursor,
        "is_later": bool(request.GET.get("after")),
        "only_unread": only_unread,
        "unread": capped(request.unread) if request.unread else "",  # type: ignore[attr-defined]
        "undo": _moment(request.GET.get("read_at", "")),
        "back": request.get_full_path(),
    }
    return own_render(request, actor, "account/notifications.html", context)


@require_GET
@own_page
def bell(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What a hint makes the frame fetch."""
    return render(request, "shell/parts/bell.html", {"bell": bell_of(actor)})


@require_GET
@own_page
def open_notice(request: HttpRequest, actor: Actor, notice_id: UUID) -> HttpResponse:
    """On to what it is about; whoever goes there has read it."""
    link = mark_read(actor, notice_id, at=now())
    return redirect(link if is_own_path(link) else reverse("account_notifications"))


@require_POST
@own_page
def mark(request: HttpRequest, actor: Actor, notice_id: UUID) -> HttpResponse:
    if request.POST.get("as") == _UNREAD:
        mark_unread(actor, notice_id)
    else:
        mark_read(actor, notice_id, at=now())
    return redirect(_back(request))


@require_POST
@own_page
def mark_all(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All that were there when the page was shown; can be taken back."""
    at = now()
    count = mark_all_read(actor, until=_moment(request.POST.get("until", "")) or at, at=at)
    if not count:
        return redirect("account_notifications")
    said = ngettext("%(count)d notification is read.", "%(count)d notifications are read.", count)
    messages.success(request, said % {"count": count})
    response = redirect("account_notifications")
    response["Location"] += f"?read_at={at.isoformat().replace('+', '%2B')}"
    return response


@require_POST
@own_page
def undo(request: HttpRequest, actor: Actor) -> HttpResponse:
    read_at = _moment(request.POST.get("read_at", ""))
    if read_at is None:
        raise Invalid(fields={"read_at": [_("This is not a moment.")]})
    unmark_read_at(actor, read_at)
    return redirect("account_notifications")


@require_http_methods(["GET", "HEAD", "POST"])
@own_page
def preferences(request: HttpRequest, actor: Actor) -> HttpResponse:
    problems: dict[str, Any] = {}
    wishes = own_wishes(actor)
    if request.method == "POST":
        known = {kind.key for kind in kinds_for(actor)}
        chosen = {key: str(value) for key, value in request.POST.items() if key in known}
        try:
            set_wishes(actor, rhythm=request.POST.get("rhythm", wishes.rhythm), channels=chosen)
        except Invalid as invalid:
            problems = invalid.fields
        else:
            messages.success(request, _("Saved. It counts from the next notification on."))
            return redirect("account_notification_choices")
    context = {
        "groups": list(_groups(actor, wishes, problems)),
        "rhythms": [(value, word, value is wishes.rhythm) for value, word in RHYTHMS.items()],
        "problem": next(iter(problems.get("rhythm", [])), ""),
        "zone": actor.zone,
        "has_problems": bool(problems),
    }
    status = 422 if problems else 200
    return own_render(request, actor, "account/notification_choices.html", context, status=status)


def _groups(
    actor: Actor, wishes: Wishes, problems: dict[str, Any]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for group, kinds in groupby(kinds_for(actor), key=lambda kind: str(kind.group)):
        yield (
            group,
            [
                {
                    "key": kind.key,
                    "title": kind.title,
                    "why": kind.why_always,
                    "problem": next(iter(problems.get(kind.key, [])), ""),
                    "ways": [
                        (channel, word, channel in kind.allowed, wishes.channels[kind.key] is channel)
                        for channel, word in CHANNELS.items()
                    ],
                }
                for kind in kinds
            ],
        )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and 1900 < moment.year < 9000 else None


def _back(request: HttpRequest) -> str:
    """To the page one came from, which is the inbox in one of its views."""
    home, back = reverse("account_notifications"), request.POST.get("back", "")
    return back if back == home or back.startswith(f"{home}?") else home
