"""Pure wording and arithmetic of the frame: spans of time, initials, which navigation item is current."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

THEMES = ("light", "dark")
MEANINGS = ("good", "notice", "warning", "critical", "neutral", "accent")
SHAPES = {
    "good": "circle-check",
    "notice": "info",
    "warning": "triangle-alert",
    "critical": "octagon-alert",
    "neutral": "circle",
    "accent": "diamond",
}
LONG_AGO = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Part:
    count: int
    unit: str  # minute, hour, day


def span_parts(span: timedelta) -> tuple[Part, ...]:
    """One or two units a person would say; none for less than a minute. The caller words the sign."""
    minutes = int(abs(span.total_seconds()) // 60)
    if minutes < 60:
        return (Part(minutes, "minute"),) if minutes else ()
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return (Part(hours, "hour"), Part(rest, "minute")) if rest else (Part(hours, "hour"),)
    days, rest = divmod(hours, 24)
    return (Part(days, "day"), Part(rest, "hour")) if rest and days < 3 else (Part(days, "day"),)


def is_long_ago(span: timedelta) -> bool:
    """Beyond this a date says more than a count of days."""
    return abs(span) >= LONG_AGO


def initials(name: str) -> str:
    words = [word for word in name.replace(".", " ").split() if word[:1].isalnum()]
    if not words:
        return "?"
    picked = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return picked.upper()


def hue_of(name: str) -> int:
    """A steady choice among the eight avatar tints."""
    return sum((n + 1) * ord(letter) for n, letter in enumerate(name)) % 8


def current_index(urls: Sequence[str], path: str) -> int | None:
    """The item whose path is the longest whole-segment prefix of the page's path."""
    best, best_length = None, -1
    for index, url in enumerate(urls):
        prefix = urlsplit(url).path
        inside = path == prefix or path.startswith(prefix.rstrip("/") + "/")
        if inside and len(prefix) > best_length:
            best, best_length = index, len(prefix)
    return best


def severity_level(code: str) -> int:
    """ "P1" … "P4" as 1 … 4; anything else as the mildest."""
    return int(code[1]) if len(code) == 2 and code[0] in "Pp" and code[1] in "1234" else 4


def readable_size(size: int) -> tuple[str, str]:
    """Decimal units as file managers show them; number and unit apart so that the number can be localised."""
    if size < 1000:
        return str(size), "B"
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            return (f"{value:.1f}" if value < 9.95 else f"{value:.0f}"), unit
    raise AssertionError(size)
