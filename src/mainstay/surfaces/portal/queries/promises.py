"""The promises of the customer's plan, in the words of somebody who has never seen a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mainstay.core.actor import Actor
from mainstay.people.tenants.models import Plan
from mainstay.people.tenants.queries import plans
from mainstay.support.sla.queries import CalendarCard, Preview, promise_preview
from mainstay.support.sla.rules import WHOLE_DAY, hours_from_text
from mainstay.support.sla.rules.calendar import clock_text
from mainstay.support.sla.rules.rights import SEE_SLA
from mainstay.support.tickets.labels import SOURCES
from mainstay.surfaces.portal.rules import MinuteSpan, Span, grouped_week, open_spans, whole_day

_AHEAD = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Hours:
    """A calendar for people: the week in lines, what is different soon, and today in the reader's zone."""

    card: CalendarCard
    week: list[tuple[str, str]]
    today: list[str]
    open_until: datetime | None
    opens_at: datetime | None
    is_always: bool


@dataclass(frozen=True, slots=True)
class OtherChannel:
    word: str
    plans: list[str]


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be expected of a ticket that is sent now, and by which ways one can ask."""

    previews: tuple[Preview, ...]
    channels: list[str]
    elsewhere: list[OtherChannel]

    @property
    def plan_name(self) -> str:
        return self.previews[0].plan_name


def offer(actor: Actor, *, now: datetime, with_plans: bool = True) -> Offer | None:
    """None for whom the promises are not made: portal users."""
    if not actor.may(SEE_SLA):
        return None
    previews = promise_preview(actor, actor.home, now)
    channels = previews[0].channels
    others = _elsewhere(plans(), channels, actor.language) if with_plans else []
    return Offer(previews, [channel_word(channel) for channel in channels], others)


def channel_word(channel: str) -> str:
    return str(SOURCES.get(channel, channel))


def _elsewhere(offered: Sequence[Plan], own: Sequence[str], language: str) -> list[OtherChannel]:
    """Each channel that the own plan lacks, with the plans that have it."""
    missing: dict[str, list[str]] = {}
    for plan in offered:
        for channel in plan.channels:
            if channel not in own:
                missing.setdefault(channel, []).append(plan.name_in(language))
    return [OtherChannel(channel_word(channel), names) for channel, names in missing.items()]


def hours_of(card: CalendarCard, reader: ZoneInfo, *, now: datetime) -> Hours:
    zone = ZoneInfo(card.zone)
    special = {day.on: tuple(hours_from_text(text) for text in day.hours) for day in card.special}
    start, end = whole_day(now, reader)
    today = open_spans(card.weekly, special, zone, start, end)
    ahead = open_spans(card.weekly, special, zone, now, now + _AHEAD)
    is_open = bool(ahead) and ahead[0][0] <= now
    is_always = not special and all(hours == WHOLE_DAY for hours in card.weekly)
    return Hours(
        card=card,
        week=[(_days(first, last), _clock(hours)) for first, last, hours in grouped_week(card.weekly)],
        today=[_span_words(span, (start, end), reader) for span in today],
        open_until=ahead[0][1] if is_open and not is_always else None,
        opens_at=ahead[0][0] if ahead and not is_open else None,
        is_always=is_always,
    )


def _days(first: int, last: int) -> str:
    if first == last:
        return str(WEEKDAYS[first])
    if (first, last) == (0, 6):
        return _("Every day")
    return _("%(first)s to %(last)s") % {"first": WEEKDAYS[first], "last": WEEKDAYS[last]}


def _clock(hours: Sequence[MinuteSpan]) -> str:
    if tuple(hours) == WHOLE_DAY:
        return _("around the clock")
    return ", ".join(f"{clock_text(opens)}–{clock_text(closes)}" for opens, closes in hours) or _("closed")


def _span_words(span: Span, day: Span, reader: ZoneInfo) -> str:
    if span == day:
        return _("around the clock")
    since, until = (moment.astimezone(reader) for moment in span)
    ends = "24:00" if span[1] == day[1] else date_format(until, "TIME_FORMAT")
    return f"{date_format(since, 'TIME_FORMAT')}–{ends}"
