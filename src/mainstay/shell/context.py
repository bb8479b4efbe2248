"""What every page knows about its frame. The project supplies it through the setting MAINSTAY_CHROME."""

import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from mainstay.core.house.current import house
from mainstay.core.house.rules import House
from mainstay.shell.rules import THEMES, current_index

THEME_COOKIE = "mainstay_theme"
ZONE_COOKIE = "mainstay_zone"


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    url: str
    icon: str = "circle"
    count: int | None = None  # shown as a small number; None shows nothing
    key: str = ""  # keyboard, e.g. "g q"
    current: bool = False  # set by the shell from the address
    within: tuple[str, ...] = ()  # further addresses that belong to it


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    initials: str = ""  # taken from the name when empty
    role_line: str = ""  # "Support agent", "Acme · Owner"
    key: str = ""  # opaque and steady; keeps drafts of two people on one computer apart
    menu: tuple[NavItem, ...] = ()  # own pages: profile, keys, other surfaces


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    name: str  # in its own language


@dataclass(frozen=True, slots=True)
class Flash:
    text: str
    meaning: str = "good"  # good, notice, warning, critical


@dataclass(frozen=True, slots=True)
class Bell:
    url: str
    renew_url: str  # answers with the bell alone, for when a hint says that something changed
    count: int = 0
    shown: str = ""  # as far as it is counted: "3", "99+"
    is_on_rail: bool = False


@dataclass(frozen=True, slots=True)
class Chrome:
    product_name: str = "Mainstay"
    operator_name: str = "Mainstay"
    operator_logo_url: str = ""
    surface: str = "plain"  # desk, console, portal, public, plain
    home_url: str = "/"
    nav: tuple[NavItem, ...] = ()
    sections: tuple[NavItem, ...] = ()  # pages behind one entry of the navigation, listed beside each of them
    footer: tuple[NavItem, ...] = ()
    contact: str = ""  # the operator's address and telephone, in a line
    person: Person | None = None
    bell: Bell | None = None
    sign_in_url: str = ""
    sign_out_url: str = ""  # receives a POST
    language: str = "en"
    languages: tuple[Language, ...] = ()
    theme: str = ""  # light, dark, or empty: as the reader's system
    accent: str = ""  # one of the house's ACCENTS, or empty
    styles_url: str = ""  # a stylesheet after the others, with a colour of its own
    live_url: str = ""  # the live stream's address; empty: none
    zone: str = "UTC"  # the reader's time zone, IANA name
    flash: tuple[Flash, ...] = ()

    @property
    def is_in_sections(self) -> bool:
        return any(item.current for item in self.sections)


def plain_chrome(request: HttpRequest) -> Chrome:
    """The frame without database or session: what a provider starts from, and what error pages stand in."""
    known = house()
    return Chrome(
        operator_name=known.operator_name,
        contact=" · ".join(part for part in (*known.postal_address.splitlines(), known.phone) if part),
        footer=_public_links(known),
        language=get_language() or known.language,
        languages=tuple(
            Language(code, str(get_language_info(code)["name_local"]).capitalize())
            for code in known.languages
        ),
        theme=cookie_theme(request),
        accent=known.accent,
        zone=cookie_zone(request),
    )


def _public_links(known: House) -> tuple[NavItem, ...]:
    links = (
        (_("Website"), known.website_url),
        (_("Privacy"), known.privacy_url),
        (_("Terms"), known.terms_url),
        (_("Legal notice"), known.imprint_url),
    )
    return tuple(NavItem(word, url) for word, url in links if url)


@cache
def _zones() -> frozenset[str]:
    """Read once: finding them walks through hundreds of files."""
    return frozenset(zoneinfo.available_timezones())


def cookie_theme(request: HttpRequest) -> str:
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""


def cookie_zone(request: HttpRequest) -> str:
    """The browser's zone as its script reported it; the operator's zone when absent or unknown."""
    zone = request.COOKIES.get(ZONE_COOKIE, "").replace("%2F", "/")
    return zone if zone in _zones() else house().zone


def with_current(
    nav: tuple[NavItem, ...], path: str, elsewhere: tuple[NavItem, ...] = ()
) -> tuple[NavItem, ...]:
    """`elsewhere`: pages whose addresses may lie within an item's and that do not belong to it."""
    places = [(n, url) for n, item in enumerate(nav) for url in (item.url, *item.within)]
    index = current_index([*(url for _n, url in places), *(item.url for item in elsewhere)], path)
    current = places[index][0] if index is not None and index < len(places) else None
    return tuple(replace(item, current=True) if n == current else item for n, item in enumerate(nav))


def build_chrome(request: HttpRequest) -> Chrome:
    dotted = getattr(settings, "MAINSTAY_CHROME", "")
    provider = cast("Callable[[HttpRequest], Chrome]", import_string(dotted)) if dotted else plain_chrome
    chrome = provider(request)
    own = chrome.person.menu if chrome.person else ()
    return replace(
        chrome,
        nav=with_current(chrome.nav, request.path, own),
        sections=with_current(chrome.sections, request.path, chrome.nav),
    )


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy, so that a fragment which shows no frame pays nothing for it."""
    return {"chrome": SimpleLazyObject(lambda: build_chrome(request))}
