from __future__ import annotations

from django.urls import reverse

from mainstay.core.actor import Actor
from mainstay.people.messages.notices.reading import unread_count
from mainstay.people.messages.rules import capped
from mainstay.shell.context import Bell


def bell_of(actor: Actor, *, known: int | None = None) -> Bell:
    """`known`: how many are unread, where the page has just counted them."""
    count = unread_count(actor) if known is None else known
    return Bell(
        url=reverse("account_notifications"),
        renew_url=reverse("account_bell"),
        count=count,
        shown=capped(count) if count else "",
        is_on_rail=actor.is_staff,
    )
