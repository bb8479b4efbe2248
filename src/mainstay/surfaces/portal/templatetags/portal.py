"""`{% load portal %}`: what happens next, and moments as one says them to somebody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.template import Context, Library
from django.utils.formats import date_format
from django.utils.functional import Promise as LazyText
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from mainstay.shell.tags.times import exact_words, page_now, reader_zone
from mainstay.support.tickets.labels import PRIORITIES, SEVERITIES
from mainstay.surfaces.portal.labels import (
    SEVERITY_EXAMPLES,
    STATUS_ICONS,
    STATUS_MEANINGS,
    STATUSES,
    STEP_ICONS,
    STEP_MEANINGS,
    WORK_STATUSES,
)
from mainstay.surfaces.portal.rules import NextStep, Step

register = Library()

# {when} is "today at 14:00", "Tuesday at 9:30", "3 March at 9:30".
_SENTENCES: dict[Step, str | LazyText] = {
    Step.YOUR_TURN: gettext_lazy("Waiting for your answer."),
    Step.ANSWER_BY: gettext_lazy("We answer by {when}."),
    Step.ANSWER_LATE: gettext_lazy(
        "We promised an answer by {when} and are late. It comes before everything else."
    ),
    Step.ANSWER_SOON: gettext_lazy("We have it and answer as soon as we can."),
    Step.UPDATE_BY: gettext_lazy("We tell you how it stands by {when}."),
    Step.FIX_BY: gettext_lazy("We are working on it; it is to run again by {when}."),
    Step.FIX_LATE: gettext_lazy("It was to run again by {when}. We are late and keep working on it."),
    Step.FIX_GOAL: gettext_lazy("We are working on it; our goal is {when}."),
    Step.WORKING: gettext_lazy("We are working on it and will write to you."),
    Step.SOLVED: gettext_lazy("Solved. Closes by itself {when} unless you write again."),
    Step.CLOSED: gettext_lazy("Closed. Write again at any time: it goes on in a new ticket."),
}


def day_words(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """ "today at 14:00": the exact moment in as few words as the reader needs."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    words = {"time": date_format(local, "TIME_FORMAT")}
    days = (local.date() - today).days
    if days == 0:
        return _("today at %(time)s") % words
    if days == 1:
        return _("tomorrow at %(time)s") % words
    if days == -1:
        return _("yesterday at %(time)s") % words
    if 1 < days < 7:
        # Spanish writes weekdays small; Django's own words begin with a capital, for headings.
        day = date_format(local, "l")
        return _("%(day)s at %(time)s") % {**words, "day": day if get_language() == "en" else day.lower()}
    return _("%(date)s at %(time)s") % {**words, "date": date_format(local, "DATE_FORMAT")}


@register.simple_tag(takes_context=True)
def when(context: Context, at: datetime | None) -> SafeString | str:
    if at is None:
        return ""
    zone = reader_zone(context)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.astimezone(UTC).isoformat(timespec="seconds"),
        exact_words(at, zone),
        day_words(at, page_now(context), zone),
    )


@register.simple_tag(takes_context=True)
def next_words(context: Context, step: NextStep) -> SafeString:
    moment = when(context, step.at + timedelta(0) if step.at else None)
    sentence = _SENTENCES[step.kind]
    if step.kind is Step.SOLVED and step.at is None:
        sentence = gettext_lazy("Solved.")
    return format_html(str(sentence), when=moment)


@register.filter
def step_meaning(step: NextStep) -> str:
    return STEP_MEANINGS.get(step.kind, "notice")


@register.filter
def step_icon(step: NextStep) -> str:
    return STEP_ICONS[step.kind]


@register.filter
def status_word(status: str) -> str:
    return str(STATUSES[status])


@register.filter
def work_status_word(status: str) -> str:
    return str(WORK_STATUSES[status])


@register.filter
def priority_word(priority: str) -> str:
    return str(PRIORITIES[priority])


@register.filter
def status_meaning(status: str) -> str:
    return STATUS_MEANINGS[status]  # type: ignore[index]


@register.filter
def status_icon(status: str) -> str:
    return STATUS_ICONS[status]  # type: ignore[index]


@register.filter
def severity_word(code: str) -> str:
    return str(SEVERITIES[code])


@register.filter
def severity_example(code: str) -> str:
    return str(SEVERITY_EXAMPLES[code])
