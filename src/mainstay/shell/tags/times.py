"""Times as people say them, rendered by the server and kept right by a small script."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.template import Context, Library
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mainstay.core import clock
from mainstay.shell.rules import SHAPES, is_long_ago, span_parts
from mainstay.shell.tags.marks import _svg, check_meaning

register = Library()


@dataclass(frozen=True, slots=True)
class Counter:
    """What an SLA counter shows. `due_at` makes it tick; without it `word` alone stands ("met", "paused")."""

    label: str = ""  # "First response"
    due_at: datetime | None = None
    warn_at: datetime | None = None  # from here on the meaning is warning
    word: str = ""  # instead of, or after, the time: "paused", "met"
    meaning: str = "good"  # as long as neither warn_at nor due_at is past


def reader_zone(context: Context) -> ZoneInfo:
    chrome = context.get("chrome")
    return ZoneInfo(chrome.zone if chrome else "UTC")


def page_now(context: Context) -> datetime:
    """One instant for the whole page: `now` of the context when the page gives it."""
    given = context.get("now")
    return given if isinstance(given, datetime) else clock.now()


def span_words(span: timedelta) -> str:
    parts = span_parts(span)
    words = []
    for part in parts:
        if part.unit == "minute":
            words.append(_("%(count)s min") % {"count": part.count})
        elif part.unit == "hour":
            words.append(_("%(count)s h") % {"count": part.count})
        elif len(parts) > 1:
            words.append(_("%(count)s d") % {"count": part.count})
        else:
            words.append(ngettext("%(count)s day", "%(count)s days", part.count) % {"count": part.count})
    return " ".join(words)


def exact_words(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"


def moment_words(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    span = at - now
    if is_long_ago(span):
        return date_format(at.astimezone(zone), "DATE_FORMAT")
    words = span_words(span)
    if not words:
        return _("in under a minute") if span > timedelta(0) else _("just now")
    return (_("in %(span)s") if span > timedelta(0) else _("%(span)s ago")) % {"span": words}


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime | None, none: str = "–") -> SafeString | str:
    """`in 1 h 12 min`, `3 days ago`; beyond thirty days the date. Exact in the reader's zone on hover."""
    if at is None:
        return none
    zone, now = reader_zone(context), page_now(context)
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        at.astimezone(UTC).isoformat(timespec="seconds"),
        exact_words(at, zone),
        "" if is_long_ago(at - now) else SafeString(" data-tick"),
        moment_words(at, now, zone),
    )


@register.simple_tag(takes_context=True)
def exact(
    context: Context, at: datetime | date | None, format: str = "", none: str = "–"
) -> SafeString | str:
    """Date and time in the reader's zone. format: a Django format name such as DATE_FORMAT."""
    if at is None:
        return none
    if not isinstance(at, datetime):
        return format_html(
            '<time datetime="{}">{}</time>', at.isoformat(), date_format(at, format or "DATE_FORMAT")
        )
    zone = reader_zone(context)
    local = at.astimezone(zone)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.astimezone(UTC).isoformat(timespec="seconds"),
        exact_words(at, zone),
        date_format(local, format or "SHORT_DATETIME_FORMAT"),
    )


def counter_words(counter: Counter, now: datetime) -> tuple[str, str]:
    """Text and meaning at `now`; the script says the same a moment later."""
    if counter.due_at is None:
        return counter.word, counter.meaning
    span = counter.due_at - now
    words = span_words(span)
    if span <= timedelta(0):
        return (_("%(span)s over") % {"span": words} if words else _("just over")), "critical"
    near = counter.warn_at is not None and now >= counter.warn_at
    text = _("%(span)s left") % {"span": words} if words else _("due now")
    return text, "warning" if near else counter.meaning


_COUNTER_SHAPES = {**SHAPES, "good": "timer", "neutral": "circle-pause", "accent": "timer"}


@register.simple_tag(takes_context=True)
def sla_counter(context: Context, counter: Counter | None, label: bool = False) -> SafeString:
    """Ticks by itself and changes word and shape: on time, soon due, over."""
    if counter is None:
        return format_html(
            '<span class="faint" aria-hidden="true">–</span><span class="sr-only">{}</span>', _("no deadline")
        )
    text, meaning = counter_words(counter, page_now(context))
    settled = counter.due_at is None
    shapes = {**_COUNTER_SHAPES, "good": "circle-check"} if settled else _COUNTER_SHAPES
    wanted = (meaning,) if settled else dict.fromkeys((counter.meaning, "warning", "critical"))
    return format_html(
        '<span class="counter" data-meaning="{}"{}>{}{}<span class="counter-time"{}>{}</span></span>',
        check_meaning(meaning),
        _counter_data(counter),
        format_html_join("", "{}", ((_shape(name, shapes[name]),) for name in wanted)),
        format_html('<span class="counter-label{}">{}</span> ', "" if label else " sr-only", counter.label)
        if counter.label
        else "",
        "" if settled else format_html(' title="{}"', exact_words(counter.due_at, reader_zone(context))),  # type: ignore[arg-type]
        text,
    )


def _shape(meaning: str, name: str) -> SafeString:
    return SafeString(_svg(name, 14, "").replace("<svg ", f'<svg data-shape="{meaning}" ', 1))


def _counter_data(counter: Counter) -> SafeString | str:
    if counter.due_at is None:
        return ""
    warn: Any = counter.warn_at.astimezone(UTC).isoformat() if counter.warn_at else ""
    return format_html(
        ' data-counter data-due="{}" data-warn="{}" data-calm="{}"',
        counter.due_at.astimezone(UTC).isoformat(),
        warn,
        counter.meaning,
    )
