"""The words for this room's enums."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.support.tickets.rules import Priority, Sender, Severity, Source, Status

Words = dict[str, str | LazyText]

STATUSES: Final[Words] = {
    Status.OPEN: _("Open"),
    Status.IN_PROGRESS: _("In progress"),
    Status.WAITING: _("Waiting on customer"),
    Status.RESOLVED: _("Resolved"),
    Status.CLOSED: _("Closed"),
}
SEVERITIES: Final[Words] = {
    Severity.P1: _("System down"),
    Severity.P2: _("Major feature broken"),
    Severity.P3: _("Minor problem"),
    Severity.P4: _("Question or enhancement"),
}
PRIORITIES: Final[Words] = {
    Priority.URGENT: _("Urgent"),
    Priority.HIGH: _("High"),
    Priority.MEDIUM: _("Medium"),
    Priority.LOW: _("Low"),
}
SOURCES: Final[Words] = {
    Source.IN_APP: _("In the app"),
    Source.PORTAL: _("Portal"),
    Source.EMAIL: _("E-mail"),
    Source.CHAT: _("Chat"),
    Source.SLACK: _("Slack"),
    Source.PHONE: _("Phone"),
    Source.API: _("API"),
}
SENDERS: Final[Words] = {
    Sender.CUSTOMER: _("Customer"),
    Sender.AGENT: _("Support"),
    Sender.SYSTEM: _("Automatic"),
}
CATEGORIES: Final[Words] = {
    "bug": _("Bug"),
    "question": _("Question"),
    "feature_request": _("Feature request"),
    "performance": _("Performance"),
    "billing": _("Billing"),
}
"""Those shipped; an operator's own are shown as they are written."""
