"""The picture that goes with a link to this site: the organisation's name and sentence on ruled paper, and its cup."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from organisation.accent import theme
from organisation.models import Organisation

SIZE = (1200, 630)  # pixels, as the protocol's users advise: https://ogp.me/
DRAWING = "1"  # raised when the drawing changes, so that nobody keeps an old one
COLUMN = 660  # pixels that words may fill
FINE = 2  # drawn larger, then reduced: Pillow's lines have no soft edges of their own

PAPER, RULE, MARGIN, INK, MUTED, ENAMEL = "#e6eed9", "#bccdae", "#d08c86", "#17211b", "#46534a", "#fdfdf8"
BRASS, BRASS_CUT, ACCENT = "#f2c65b", "#86600f", "#1d4c8f"
# Whatever the machine has; Pillow brings a plain one with Latin letters only.
FONTS = ("texgyrepagella-regular.otf", "P052-Roman.otf", "NotoSerif-Regular.ttf", "LiberationSerif-Regular.ttf")
FONTS += ("DejaVuSerif.ttf", "DejaVuSans.ttf")

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def version(organisation: Organisation) -> str:
    """Names the picture: another name, sentence or colour is another picture."""
    said = f"{DRAWING}\0{organisation.called}\0{organisation.tagline}\0{organisation.accent}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def picture(organisation: Organisation) -> bytes:
    """A PNG of 1200 × 630 pixels."""
    return _drawn(organisation.called, organisation.tagline, organisation.accent or ACCENT)


@lru_cache(maxsize=2)
def _drawn(name: str, sentence: str, accent: str) -> bytes:
    image = Image.new("RGB", (SIZE[0] * FINE, SIZE[1] * FINE), PAPER)
    draw = ImageDraw.Draw(image)
    _paper(draw, accent)
    _cup(draw, accent)
    bottom = _words(draw, name, at=130, size=84, colour=INK, most=2)
    if sentence:
        _words(draw, sentence, at=bottom + 30, size=40, colour=MUTED, most=4)
    target = BytesIO()
    small = image.resize(SIZE, Image.Resampling.LANCZOS)
    small.quantize(128, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()


def _paper(draw: ImageDraw.ImageDraw, accent: str) -> None:
    width, height = SIZE
    for line in range(96, height, 67):
        _box(draw, (0, line, width, line + 1), RULE)
    for x in (60, 66):
        _box(draw, (x, 0, x + 1.5, height), MARGIN)
    _box(draw, (0, 0, width, 14), theme(accent).raw_light)
    _box(draw, (0, 14, width, 16), INK)
    _box(draw, (0, 565, width, 569), INK)


def _cup(draw: ImageDraw.ImageDraw, accent: str) -> None:
    """The cup of the pages (templates/_cup.html), a coin going in, standing on the line."""
    left, top, scale = 812, 565 - 180 * 1.75, 1.75
    colour = theme(accent).raw_light

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [((left + x * scale) * FINE, (top + y * scale) * FINE) for x, y in points]

    pen = 4 * FINE
    draw.rounded_rectangle([*at((12, 58))[0], *at((72, 140))[0]], 32 * scale * FINE, colour, INK, pen)
    draw.rounded_rectangle([*at((23, 69))[0], *at((72, 129))[0]], 22 * scale * FINE, PAPER, INK, pen)
    draw.polygon(at((54, 30), (64, 174), (70, 180), (180, 180), (186, 174), (196, 30)), ENAMEL, INK, pen)
    for radius, fill in ((22, BRASS), (16, None)):
        draw.ellipse(
            [*at((125 - radius, 8 - radius))[0], *at((125 + radius, 8 + radius))[0]], fill, BRASS_CUT, pen // 2
        )
    draw.rounded_rectangle([*at((46, 20))[0], *at((204, 32))[0]], 6 * scale * FINE, colour, INK, pen)


def _words(draw: ImageDraw.ImageDraw, text: str, *, at: int, size: int, colour: str, most: int) -> int:
    """Write in lines of the column at the left, at most so many; where the next may begin, in pixels."""
    font, whole = _font(size)
    while size > 28 and max(font.getlength(word) for word in text.split()) > COLUMN * FINE:
        size -= 4
        font, whole = _font(size)
    if not whole and not text.isascii():
        return at
    lines = _lines(text, font, COLUMN * FINE)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1].rstrip(" .,;:") + "…"]
    for line in lines:
        draw.text((100 * FINE, at * FINE), line, colour, font)
        at += round(size * 1.2)
    return at


def _lines(text: str, font: Font, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@lru_cache(maxsize=32)
def _font(size: int) -> tuple[Font, bool]:
    """A typeface, and whether it can be expected to have more than Latin letters."""
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size * FINE), True
        except OSError:
            continue
    return ImageFont.load_default(size * FINE), False


def _box(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], colour: str) -> None:
    draw.rectangle([side * FINE for side in box], colour)
