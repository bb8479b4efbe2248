"""What a browser says of itself, in plain words. Not to be believed: it helps people to know their own sessions."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext as _

# In this order: most of them also name those further down.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("FxiOS|Firefox", "Firefox"),
    ("CriOS|HeadlessChrome|Chrome|Chromium", "Chrome"),
    ("Version/[0-9.]+ .*Safari", "Safari"),
    ("curl", "curl"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X|Macintosh", "macOS"),
    ("Linux|X11", "Linux"),
)


def browser_and_system(agent: str) -> tuple[str, str]:
    """Empty where it cannot be told."""
    return _first(_BROWSERS, agent), _first(_SYSTEMS, agent)


def device_words(agent: str) -> str:
    browser, system = browser_and_system(agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")


def is_handheld(agent: str) -> bool:
    return _first(_SYSTEMS, agent) in ("iPhone", "iPad", "Android")


def _first(table: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((word for pattern, word in table if re.search(pattern, agent)), "")
