from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.people.privacy.rules import Fate, RequestKind, RequestState, Wording

KINDS: Final[Mapping[str, str | LazyText]] = {
    RequestKind.EXPORT: _("Export"),
    RequestKind.ERASURE: _("Erasure"),
}
STATES: Final[Mapping[str, str | LazyText]] = {
    RequestState.QUEUED: _("Waiting"),
    RequestState.RUNNING: _("At work"),
    RequestState.DONE: _("Done"),
    RequestState.FAILED: _("Tried again later"),
}
STATE_MEANINGS: Final[Mapping[str, str]] = {
    RequestState.QUEUED: "notice",
    RequestState.RUNNING: "notice",
    RequestState.DONE: "good",
    RequestState.FAILED: "warning",
}
WORDINGS: Final[Mapping[str, str | LazyText]] = {
    Wording.KEPT: _("Keep what they wrote, without their name and address"),
    Wording.ERASED: _("Erase what they wrote as well, also where others quote it"),
}
KEEPERS: Final[Mapping[str, str | LazyText]] = {
    "access": _("Access"),
    "tickets": _("Tickets"),
    "inbound": _("Incoming mails"),
    "imports": _("Imports"),
    "mails": _("Outgoing mails and notifications"),
    "webhooks": _("Webhooks"),
    "identity": _("Profile"),
}
FATES: Final[Mapping[Fate, str]] = {
    Fate.ROW_REMOVED: "the row is removed",
    Fate.CLEARED: "emptied",
    Fate.REPLACED: "address and name are taken out or replaced",
    Fate.WORDING: "address and name are taken out; emptied where the wording is erased too",
    Fate.KEPT: "kept",
}
"""For the written reference, in English."""
