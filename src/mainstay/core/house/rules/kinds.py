"""Kinds of settings: a text, as it stands in the environment, a form or a row, becomes a value."""

from __future__ import annotations

import difflib
import itertools
import re
import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

SHIPPED_LANGUAGES: Final = ("en", "es")
ACCENTS: Final = ("harbour", "violet", "forest", "ember", "rose", "graphite")
YES: Final = frozenset({"1", "yes", "true", "on"})
NO: Final = frozenset({"0", "no", "false", "off", ""})

MESSAGES: Final = {
    "empty": "may not be empty",
    "control": "holds control characters",
    "long": "has %(count)d characters, at most %(most)d are allowed",
    "number": "%(text)s is not a whole number from %(least)d to %(most)d",
    "switch": "%(text)s is neither yes nor no",
    "choice": "%(text)s is none of %(choices)s",
    "zone": "%(text)s is no time zone; example: Europe/Madrid",
    "zone_near": "%(text)s is no time zone; did you mean %(near)s?",
    "currency": "%(text)s is no ISO 4217 code (example: EUR)",
    "languages": "%(text)s: a list without repetition out of %(choices)s",
    "email": "%(text)s is no mail address (example: support@example.com)",
    "link": "%(text)s is no web address (example: https://example.com/privacy)",
}
"""For who starts the program, in English; `labels.py` holds the same for readers of pages."""


class Unfit(ValueError):
    """A text that is no value of its kind: `code` of MESSAGES and what it may name."""

    def __init__(self, code: str, **named: Any) -> None:
        self.code = code
        self.named = named
        text = named.get("text")
        super().__init__(MESSAGES[code] % {**named, "text": repr(text)})


class Widget(StrEnum):
    LINE = "line"
    LINES = "lines"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    ZONE = "zone"
    EMAIL = "email"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Kind:
    """`read` raises Unfit. `choices` are texts that it accepts, for a choice out of few."""

    name: str
    read: Callable[[str], Any]
    widget: Widget
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None

    def written(self, text: str) -> str:
        """Of several ways to write the same value the one among `choices`: an environment may say `true` or `1`."""
        if text in self.choices:
            return text
        return next((choice for choice in self.choices if self.read(choice) == self.read(text)), text)


def words(most: int = 200, *, needed: bool = False, lines: bool = False) -> Kind:
    def read(text: str) -> str:
        allowed = "\n" if lines else ""
        text = text.replace("\r\n", "\n").strip()
        if any((ord(c) < 32 or ord(c) == 127) and c not in allowed for c in text):
            raise Unfit("control")
        if len(text) > most:
            raise Unfit("long", count=len(text), most=most)
        if needed and not text:
            raise Unfit("empty")
        return text

    return Kind("lines" if lines else "text", read, Widget.LINES if lines else Widget.LINE, most=most)


def number(least: int, most: int) -> Kind:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise Unfit("number", text=text, least=least, most=most)
        return int(text)

    return Kind(f"number {least}–{most}", read, Widget.NUMBER, least=least, most=most)


def _switch(text: str) -> bool:
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise Unfit("switch", text=text)


def choice(name: str, *choices: str) -> Kind:
    def read(text: str) -> str:
        if text not in choices:
            raise Unfit("choice", text=text, choices=", ".join(choices))
        return text

    return Kind(name, read, Widget.CHOICE, choices)


def _zone(text: str) -> str:
    known = zoneinfo.available_timezones()
    if text not in known:
        close = _nearest(text, known)
        raise Unfit("zone_near", text=text, near=close) if close else Unfit("zone", text=text)
    return text


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise Unfit("currency", text=text)
    return text


def _languages(text: str) -> tuple[str, ...]:
    languages = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [language for language in languages if language not in SHIPPED_LANGUAGES]
    if unknown or not languages or len(set(languages)) != len(languages):
        raise Unfit("languages", text=text, choices=", ".join(SHIPPED_LANGUAGES))
    return languages


def _email(text: str) -> str:
    if len(text) > 254 or not re.fullmatch(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\".]+", text):
        raise Unfit("email", text=text)
    return text


def _link(text: str) -> str:
    """Empty: there is none."""
    if not text:
        return text
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        fits = False
    if not fits or len(text) > 500 or any(ord(c) <= 32 or ord(c) == 127 for c in text):
        raise Unfit("link", text=text)
    return text


def _nearest(text: str, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(text, list(known), n=1, cutoff=0.6)), "")


_ORDERS: Final = tuple(
    ",".join(order)
    for count in range(len(SHIPPED_LANGUAGES), 0, -1)
    for order in itertools.permutations(SHIPPED_LANGUAGES, count)
)

SWITCH: Final = Kind("switch", _switch, Widget.SWITCH, ("no", "yes"))
ZONE: Final = Kind("time zone", _zone, Widget.ZONE)
CURRENCY: Final = Kind("currency", _currency, Widget.LINE, most=3)
LANGUAGES: Final = Kind("languages", _languages, Widget.CHOICE, _ORDERS)
EMAIL: Final = Kind("mail address", _email, Widget.EMAIL, most=254)
LINK: Final = Kind("web address", _link, Widget.LINK, most=500)
ACCENT: Final = choice("colour", "", *ACCENTS)
