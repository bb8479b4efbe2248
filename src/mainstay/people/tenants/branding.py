"""How a customer shows itself to the people of its own portal: a name, a way to reach it, a colour. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import atan2, degrees, hypot
from typing import Any, Final

NAME_LIMIT: Final = 120
LOGO_LIMIT: Final = 512 * 1024
LOGO_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_EMAIL: Final = re.compile(r"[^\s@<>\"',;:?&]{1,64}@[A-Za-z0-9.-]{1,253}")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./-]{2,38}")
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Branding:
    support_name: str = ""
    support_email: str = ""
    support_phone: str = ""
    colour: str = ""
    """#rrggbb, in lower case; empty: the operator's."""

    @property
    def has_contact(self) -> bool:
        return bool(self.support_name or self.support_email or self.support_phone)


def read_branding(kept: Mapping[str, Any]) -> Branding:
    """Of what stands in the customer's row: whatever is not of the right shape is left out."""
    name = " ".join(str(kept.get("support_name") or "").split())[:NAME_LIMIT]
    email, phone, colour = (
        str(kept.get(key) or "").strip() for key in ("support_email", "support_phone", "colour")
    )
    return Branding(
        name,
        email if is_email(email) else "",
        phone if is_phone(phone) else "",
        colour.lower() if is_colour(colour) else "",
    )


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None


def is_colour(text: str) -> bool:
    return _COLOUR.fullmatch(text.lower()) is not None


@dataclass(frozen=True, slots=True)
class Accent:
    """What a colour is reduced to. Lightness stays the product's own in every shade, so words keep their
    contrast whatever was chosen."""

    hue: float
    strength: float


_FULL_CHROMA: Final = 0.19
"""Chroma of the product's own accent, whose strength is 1."""


def accent_of(colour: str) -> Accent:
    """Hue and strength of `#rrggbb` in OKLCH (https://bottosson.github.io/posts/oklab)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return Accent(round(degrees(atan2(b, a)) % 360, 1), round(min(hypot(a, b) / _FULL_CHROMA, 1), 2))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
