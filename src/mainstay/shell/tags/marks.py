"""Icons, badges, avatars, keys: the smallest parts."""

from functools import lru_cache
from typing import Any

from django.template import Library
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import _render_icon

from mainstay.shell.rules import MEANINGS, SHAPES, hue_of, severity_level
from mainstay.shell.rules import initials as initials_of

register = Library()
_SIZES = (14, 16, 20, 24, 32)


@lru_cache(maxsize=512)
def _svg(name: str, size: int, css: str) -> SafeString:
    classes = f"icon {css}".strip()
    svg = _render_icon(
        name, None, aria_hidden="true", focusable="false", data_size=size, **{"class": classes}
    )
    return SafeString(svg)


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "", **options: str) -> SafeString:
    """An icon, silent to screen readers unless it has a label."""
    if size not in _SIZES:
        raise ValueError(f"icon size {size} is not one of {_SIZES}")
    svg = _svg(str(name), size, options.get("class", ""))
    return format_html('{}<span class="sr-only">{}</span>', svg, label) if label else svg


@register.filter
def language_word(code: str) -> str:
    """ "es" as "Español", in its own language as wherever one is chosen; what is unknown as it is."""
    try:
        return str(get_language_info(code)["name_local"]).capitalize()
    except KeyError:
        return code


@register.simple_tag
def mark() -> SafeString:
    """The product's mark in the accent colour."""
    return format_html(
        '<svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">'
        '<rect width="32" height="32" rx="8"/><path d="M16 6v20M16 6 7 22h9M16 6l9 16h-9"/></svg>{}',
        "",
    )


def check_meaning(meaning: str) -> str:
    if meaning not in MEANINGS:
        raise ValueError(f"meaning {meaning!r} is not one of {MEANINGS}")
    return meaning


@register.simple_tag
def badge(word: Any, meaning: str = "neutral", icon: str | None = None, title: str = "") -> SafeString:
    """A word with a shape. `icon=""` leaves the shape out, which only suits neutral labels such as tags."""
    shape = SHAPES[check_meaning(meaning)] if icon is None else icon
    return format_html(
        '<span class="badge" data-meaning="{}"{}>{}<span>{}</span></span>',
        meaning,
        format_html(' title="{}"', title) if title else "",
        _svg(shape, 14, "") if shape else "",
        word,
    )


_SEVERITY_MEANING = {1: "critical", 2: "warning", 3: "notice", 4: "neutral"}


@register.simple_tag
def severity(code: str, title: str = "") -> SafeString:
    """P1 to P4 with bars that say how high; P1 alone is filled."""
    level = severity_level(str(code))
    bars = format_html_join(
        "", "<i{}></i>", ((SafeString(" data-on") if n < 5 - level else "",) for n in range(4))
    )
    words = (
        title
        or {
            1: _("System down"),
            2: _("Major feature broken"),
            3: _("Minor problem"),
            4: _("Question or wish"),
        }[level]
    )
    return format_html(
        '<span class="badge severity" data-meaning="{}" data-level="{}" title="{}">'
        '<span class="severity-bars" aria-hidden="true">{}</span><span>{}</span>'
        '<span class="sr-only">, {}</span></span>',
        _SEVERITY_MEANING[level],
        level,
        words,
        bars,
        code,
        words,
    )


@register.simple_tag
def avatar(name: str, initials: str = "", size: int = 24, shape: str = "round") -> SafeString:
    """Initials on a steady tint; silent, since the name stands beside it. shape="square" for customers."""
    text = str(name)
    return format_html(
        '<span class="avatar" data-size="{}" data-shape="{}" data-hue="{}" aria-hidden="true">{}</span>',
        size,
        shape,
        hue_of(text),
        initials or initials_of(text),
    )


@register.simple_tag
def person(name: str, note: str = "", size: int = 24, shape: str = "round") -> SafeString:
    """Avatar and name in a line, with an optional quiet note after it."""
    return format_html(
        '<span class="person">{}<span class="clip">{}{}</span></span>',
        avatar(name, size=size, shape=shape),
        name,
        format_html(' <span class="muted">{}</span>', note) if note else "",
    )


@register.simple_tag
def kbd(keys: str) -> SafeString:
    """`{% kbd "Ctrl Enter" %}`: one cap a key."""
    return format_html_join(" ", "<kbd>{}</kbd>", ((key,) for key in keys.split()))


@register.simple_tag
def progress(
    value: float, maximum: float = 100, label: str = "", meaning: str = "accent", text: str = ""
) -> SafeString:
    shown = text or f"{round(100 * value / maximum) if maximum else 0} %"
    return format_html(
        '<label class="progress" data-meaning="{}"><span><span>{}</span><span>{}</span></span>'
        '<progress value="{}" max="{}">{}</progress></label>',
        check_meaning(meaning),
        label,
        shown,
        value,
        maximum,
        conditional_escape(shown),
    )


@register.simple_tag
def skeleton(lines: int = 3, kind: str = "text") -> SafeString:
    """A still shape of what is coming; kind="rows" has the height of table rows."""
    return format_html(
        '<div class="skeleton" data-kind="{}" aria-hidden="true">{}</div>',
        kind,
        format_html_join("", "<i></i>{}", (("",) for _n in range(lines))),
    )
