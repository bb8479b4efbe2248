"""The standing queues, and a view of one of them as its address says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.core.errors import Invalid
from mainstay.support.tickets.rules import Severity, Source, Status

COUNT_LIMIT: Final = 1000
"""Counts stop here and show "999+": their cost does not grow with the table."""
DUE_SOON: Final = timedelta(hours=4)
RESOLVED_RECENTLY: Final = timedelta(days=7)
PAGE_SIZE: Final = 50
ME: Final = "me"
NOBODY: Final = "none"


class Queue(StrEnum):
    MINE = "mine"
    UNASSIGNED = "unassigned"
    OPEN = "open"
    DUE_SOON = "due-soon"
    BREACHED = "breached"
    WAITING = "waiting"
    PROPOSED = "proposed"
    RESOLVED = "resolved"


class Sort(StrEnum):
    DUE = "due"
    RECENT = "recent"
    NEWEST = "newest"


QUEUE_WORDS: Final[dict[Queue, str | LazyText]] = {
    Queue.MINE: _("Mine"),
    Queue.UNASSIGNED: _("Unassigned"),
    Queue.OPEN: _("All open"),
    Queue.DUE_SOON: _("Due soon"),
    Queue.BREACHED: _("Breached"),
    Queue.WAITING: _("Waiting on customer"),
    Queue.PROPOSED: _("P1 to confirm"),
    Queue.RESOLVED: _("Resolved recently"),
}
QUEUE_KEYS: Final = {
    Queue.MINE: "g m",
    Queue.UNASSIGNED: "g u",
    Queue.OPEN: "g e",
    Queue.DUE_SOON: "g d",
    Queue.BREACHED: "g b",
    Queue.WAITING: "g w",
    Queue.PROPOSED: "g p",
    Queue.RESOLVED: "g r",
}
SORT_WORDS: Final[dict[Sort, str | LazyText]] = {
    Sort.DUE: _("Due first"),
    Sort.RECENT: _("Last message first"),
    Sort.NEWEST: _("Newest first"),
}
_OWN_SORT: Final = {Queue.WAITING: Sort.RECENT, Queue.RESOLVED: Sort.RECENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One queue with filters and order. Every part but the place on it can be shared as an address."""

    queue: Queue = Queue.OPEN
    status: str = ""
    severity: str = ""
    customer: str = ""
    assignee: str = ""
    category: str = ""
    channel: str = ""
    plan: str = ""
    sort: str = ""
    after: str = ""

    @property
    def order(self) -> Sort:
        return Sort(self.sort) if self.sort else _OWN_SORT.get(self.queue, Sort.DUE)

    @property
    def is_filtered(self) -> bool:
        return any(
            (
                self.status,
                self.severity,
                self.customer,
                self.assignee,
                self.category,
                self.channel,
                self.plan,
            )
        )

    def address(self) -> str:
        """The parameters, for links that come back to this view; without the page."""
        given = {f.name: str(getattr(self, f.name)) for f in fields(self) if f.name != "after"}
        if given["queue"] == Queue.OPEN:
            del given["queue"]
        return urlencode({name: value for name, value in given.items() if value})


def view_from(given: Mapping[str, str]) -> View:
    """A wrong value is an error, since leaving the filter out would show another list than was asked for."""
    known = {f.name: given.get(f.name, "").strip() for f in fields(View)}
    allowed: dict[str, type[StrEnum]] = {
        "queue": Queue,
        "status": Status,
        "severity": Severity,
        "channel": Source,
        "sort": Sort,
    }
    wrong = {
        name: [_("There is no such choice.")]
        for name, values in allowed.items()
        if known[name] and known[name] not in {str(v) for v in values}
    }
    if known["assignee"] not in ("", ME, NOBODY) and as_uuid(known["assignee"]) is None:
        wrong["assignee"] = [_("There is no such choice.")]
    if wrong:
        raise Invalid(fields=wrong)
    queue = Queue(known.pop("queue") or Queue.OPEN)
    return View(queue=queue, **known)


def as_number(text: str) -> int | None:
    """A ticket's number as it was typed; None for what is none, or more digits than any has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
