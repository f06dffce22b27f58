"""One colour of the organisation's in, safe ones out: readable on every ground that the site has, in light and dark.

Worked out in OKLCH, where lightness is what people see: https://bottosson.github.io/posts/oklab/
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

# The grounds that text in the accent colour stands on: ledger, page, sheet (static/css/tokens.css).
LIGHT = ("#e6eed9", "#f3f5ea", "#fdfdf8")
DARK = ("#0f1512", "#18201b", "#1c2720")
# WCAG asks for 4.5 to 1. In the dark, glare eats contrast: more is needed to read as well.
NEEDED_LIGHT, NEEDED_DARK, NEEDED_SHAPE = 4.6, 6.5, 3.0
CHROMA_DARK = 0.13  # bright tints glow on dark grounds
STEP = 0.01

HEX = re.compile(r"^#[0-9a-fA-F]{6}\Z")

Lch = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #rrggbb: for text and buttons on light and dark grounds, and for shapes with an outline of ink."""

    light: str
    dark: str
    raw_light: str
    raw_dark: str


def theme(colour: str) -> Theme:
    """The safe colours made of one as the organisation has it (#rrggbb)."""
    return Theme(
        light=_safe(colour, LIGHT, -STEP, NEEDED_LIGHT),
        dark=_safe(colour, DARK, STEP, NEEDED_DARK),
        raw_light=colour,
        raw_dark=_safe(colour, DARK, STEP, NEEDED_SHAPE),
    )


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def least_contrast(colour: str, grounds: tuple[str, ...]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def _safe(colour: str, grounds: tuple[str, ...], step: float, needed: float) -> str:
    """The colour, darkened (step below 0) or lightened until it stands out from all grounds."""
    lightness, chroma, hue = _to_lch(colour)
    if step > 0:
        chroma = min(chroma, CHROMA_DARK)
    while least_contrast(_from_lch(lightness, chroma, hue), grounds) < needed and 0 <= lightness + step <= 1:
        lightness += step
    return _from_lch(lightness, chroma, hue)


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _gamma(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else float(1.055 * channel ** (1 / 2.4) - 0.055)


def _luminance(colour: str) -> float:
    red, green, blue = map(_linear, _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _to_lch(colour: str) -> Lch:
    r, g, b = map(_linear, _channels(colour))
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    green_red = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    blue_yellow = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(green_red, blue_yellow), math.atan2(blue_yellow, green_red)


def _from_lch(lightness: float, chroma: float, hue: float) -> str:
    """#rrggbb; the chroma falls only as far as the screen's colours ask for."""
    channels = _rgb(lightness, chroma, hue)
    while not all(-0.0005 <= channel <= 1.0005 for channel in channels) and chroma >= 0.002:
        chroma *= 0.96
        channels = _rgb(lightness, chroma, hue)
    return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, channel)))):02x}" for channel in channels)


def _rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
