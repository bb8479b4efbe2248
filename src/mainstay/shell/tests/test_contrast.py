"""Reads the token file and computes the contrast of every pair of text and surface, in both themes and all accents."""

import itertools
import math
import re
from pathlib import Path

import pytest

from mainstay.core.house.rules import ACCENTS
from mainstay.shell.rules import MEANINGS

CSS = Path(__file__).parents[1] / "static/mainstay/css/tokens.css"
SOURCE = re.sub(r"/\*.*?\*/", "", CSS.read_text(), flags=re.DOTALL)
TOKENS = dict(re.findall(r"--([\w-]+):\s*light-dark\((.*?)\);", SOURCE, re.DOTALL))
PRESETS = {
    name: (float(hue), float(strength))
    for name, hue, strength in re.findall(
        r'\[data-accent="(\w+)"\] \{ --accent-hue: ([\d.]+); --accent-strength: ([\d.]+);', SOURCE
    )
} | {"": (266.0, 1.0)}
COLOUR = re.compile(r"oklch\(([\d.]+)% (calc\([\d.]+ \* var\(--accent-strength\)\)|[\d.]+) ([\w.()-]+)")


def linear_rgb(lightness: float, chroma: float, hue: float) -> list[float]:
    """Björn Ottosson's matrices; what lies outside sRGB is clipped, as browsers do."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return [
        min(1.0, max(0.0, value))
        for value in (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )
    ]


def luminance(token: str, theme: int, accent: str = "") -> float:
    lightness, chroma, hue = COLOUR.findall(TOKENS[token])[theme]
    accent_hue, strength = PRESETS[accent]
    if "calc" in chroma:
        chroma = float(re.search(r"[\d.]+", chroma)[0]) * strength
    hue = accent_hue if "accent-hue" in hue else float(hue.rstrip(")"))
    red, green, blue = linear_rgb(float(lightness) / 100, float(chroma), hue)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str, theme: int, accent: str = "") -> float:
    light, dark = sorted((luminance(one, theme, accent), luminance(other, theme, accent)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


SURFACES = ("canvas", "surface", "sunken", "hover")
MEANT = [meaning for meaning in MEANINGS if meaning not in ("neutral", "accent")]
TEXT_PAIRS = [
    *itertools.product(("ink", "ink-2", "ink-3"), SURFACES),
    *((f"{meaning}-ink", surface) for meaning in MEANT for surface in (*SURFACES, f"{meaning}-soft")),
    *(("ink", f"{meaning}-soft") for meaning in MEANT),
    *(("ink-2", f"{meaning}-soft") for meaning in MEANT),
    ("critical-on", "critical-fill"),
    ("critical-on", "critical-fill-hover"),
    ("canvas", "ink"),
]
ACCENT_PAIRS = [
    *(("accent-ink", surface) for surface in (*SURFACES, "accent-soft")),
    *((f"{meaning}-ink", "accent-soft") for meaning in MEANT),
    *((ink, "accent-soft") for ink in ("ink", "ink-2")),
    ("accent-on", "accent-fill"),
    ("accent-on", "accent-fill-hover"),
]
THEMES = [pytest.param(0, id="light"), pytest.param(1, id="dark")]


def test_the_sheet_and_the_rules_name_the_same_accents() -> None:
    assert set(PRESETS) == {"", *ACCENTS}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "surface"), TEXT_PAIRS)
def test_text_is_readable(text: str, surface: str, theme: int) -> None:
    assert contrast(text, surface, theme) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("accent", PRESETS)
def test_text_is_readable_in_every_accent(accent: str, theme: int) -> None:
    poor = {pair: contrast(*pair, theme, accent) for pair in ACCENT_PAIRS}
    assert {pair: round(value, 2) for pair, value in poor.items() if value < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("surface", ["canvas", "surface"])
def test_edges_of_fields_and_the_focus_ring_are_visible(surface: str, theme: int) -> None:
    assert contrast("line-field", surface, theme) >= 3
    for accent in PRESETS:
        assert contrast("focus", surface, theme, accent) >= 3
