"""The customers' words for what the desk knows by its own."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.support.tickets.rules import Severity, Status
from mainstay.surfaces.portal.rules import Step

Words = dict[str, str | LazyText]

STATUSES: Final[Words] = {
    Status.OPEN: _("With us"),
    Status.IN_PROGRESS: _("In progress"),
    Status.WAITING: _("Waiting for you"),
    Status.RESOLVED: _("Solved"),
    Status.CLOSED: _("Closed"),
}
WORK_STATUSES: Final[Words] = {
    Status.OPEN: _("Open"),
    Status.IN_PROGRESS: _("In progress"),
    Status.WAITING: _("Waiting for an answer"),
    Status.RESOLVED: _("Solved"),
    Status.CLOSED: _("Closed"),
}
"""To who works on it, in the customer's own queue."""
STATUS_MEANINGS: Final = {
    Status.OPEN: "notice",
    Status.IN_PROGRESS: "notice",
    Status.WAITING: "warning",
    Status.RESOLVED: "good",
    Status.CLOSED: "neutral",
}
STATUS_ICONS: Final = {
    Status.OPEN: "inbox",
    Status.IN_PROGRESS: "loader",
    Status.WAITING: "message-circle-question-mark",
    Status.RESOLVED: "circle-check",
    Status.CLOSED: "archive",
}
SEVERITY_EXAMPLES: Final[Words] = {
    Severity.P1: _("Nobody can work: the system is down, or data is being lost."),
    Severity.P2: _("An important function fails for many people, and there is no way around it."),
    Severity.P3: _("Something does not work as it should, but the work goes on."),
    Severity.P4: _("You want to know something, or wish for something new."),
}
STEP_MEANINGS: Final = {
    Step.YOUR_TURN: "warning",
    Step.ANSWER_LATE: "critical",
    Step.FIX_LATE: "critical",
    Step.SOLVED: "good",
    Step.CLOSED: "neutral",
}
"""Everything else is on its way: a notice."""
STEP_ICONS: Final = {
    Step.YOUR_TURN: "message-circle-question-mark",
    Step.ANSWER_BY: "clock",
    Step.ANSWER_LATE: "triangle-alert",
    Step.ANSWER_SOON: "clock",
    Step.UPDATE_BY: "clock",
    Step.FIX_BY: "wrench",
    Step.FIX_LATE: "triangle-alert",
    Step.FIX_GOAL: "wrench",
    Step.WORKING: "wrench",
    Step.SOLVED: "circle-check",
    Step.CLOSED: "archive",
}
