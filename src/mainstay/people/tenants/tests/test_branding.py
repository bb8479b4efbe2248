"""Whatever colour a customer chooses, words keep their contrast; what is of a wrong shape is left out."""

from __future__ import annotations

from math import cos, radians, sin

from hypothesis import given
from hypothesis import strategies as some

from mainstay.people.tenants.branding import Branding, accent_of, is_colour, is_email, is_phone, read_branding

# Lightness and chroma, at full strength, of the accent where words stand on it or are written in it, with what is
# behind or on it: `shell/static/mainstay/css/tokens.css`.
WHITE, PAPER, NIGHT = 1.0, 0.93, 0.006
PAIRS = (
    ((0.50, 0.19), WHITE),
    ((0.52, 0.17), WHITE),
    ((0.44, 0.18), WHITE),
    ((0.47, 0.18), PAPER),
    ((0.79, 0.10), NIGHT),
)
COLOURS = some.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def luminance(lightness: float, chroma: float, hue: float) -> float:
    """Of OKLCH as a screen shows it, each channel cut to what it has."""
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    red, green, blue = (min(max(channel, 0.0), 1.0) for channel in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@given(COLOURS)
def test_words_keep_their_contrast(colour: str) -> None:
    accent = accent_of(colour)
    assert 0 <= accent.hue <= 360
    assert 0 <= accent.strength <= 1
    for (lightness, chroma), other in PAIRS:
        shade = luminance(lightness, chroma * accent.strength, accent.hue)
        lighter, darker = max(shade, other), min(shade, other)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (colour, lightness)


@given(some.dictionaries(some.sampled_from(["support_name", "support_email", "support_phone", "colour"]),
                         some.one_of(some.none(), some.integers(), some.text(), some.lists(some.text()))))  # fmt: skip
def test_only_what_has_its_shape_is_read(kept: dict[str, object]) -> None:
    found = read_branding(kept)
    assert found.support_email == "" or is_email(found.support_email)
    assert found.support_phone == "" or is_phone(found.support_phone)
    assert found.colour == "" or is_colour(found.colour)
    assert "\n" not in found.support_name


def test_what_is_read() -> None:
    kept = {
        "support_name": " Acme\n Help ",
        "support_email": "help@acme.example",
        "colour": "#FFEE00",
        "x": 1,
    }
    assert read_branding(kept) == Branding("Acme Help", "help@acme.example", "", "#ffee00")
