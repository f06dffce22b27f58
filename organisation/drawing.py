"""The picture that goes with a link to this site: the organisation's name and sentence on ruled paper, and its cup."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from organisation.accent import theme

SIZE = (1200, 630)  # pixels, as the protocol's users advise: https://ogp.me/
FIRST_LINE, LINE = 96, 67  # pixels from the top, and between the lines of the paper
COLUMN = 660  # pixels that words may fill
FINE = 2  # drawn larger, then reduced: Pillow's lines have no soft edges of their own

PAPER, RULE, MARGIN, INK, MUTED, ENAMEL = "#e6eed9", "#bccdae", "#d08c86", "#17211b", "#46534a", "#fdfdf8"
BRASS, BRASS_CUT = "#f2c65b", "#86600f"
# Whatever the machine has; Pillow brings a plain one with Latin letters only.
FONTS = (
    *("texgyrepagella-regular.otf", "P052-Roman.otf", "NotoSerif-Regular.ttf", "LiberationSerif-Regular.ttf"),
    *("DejaVuSerif.ttf", "DejaVuSans.ttf"),
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=2)
def drawn(name: str, sentence: str, accent: str) -> bytes:
    """A PNG of 1200 × 630 pixels."""
    image = Image.new("RGB", (SIZE[0] * FINE, SIZE[1] * FINE), PAPER)
    draw = ImageDraw.Draw(image)
    _paper(draw, accent)
    _cup(draw, accent)
    line = _words(draw, name, line=1, size=72, colour=INK, most=2)
    if sentence:
        _words(draw, sentence, line=line, size=38, colour=MUTED, most=4)
    target = BytesIO()
    small = image.resize(SIZE, Image.Resampling.LANCZOS)
    small.quantize(128, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()


def _paper(draw: ImageDraw.ImageDraw, accent: str) -> None:
    width, height = SIZE
    for line in range(FIRST_LINE, height, LINE):
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


def _words(draw: ImageDraw.ImageDraw, text: str, *, line: int, size: int, colour: str, most: int) -> int:
    """Write on the paper's lines, in the column at the left, on at most so many; the line that is free after them."""
    font, whole = _font(size)
    while size > 28 and max(font.getlength(word) for word in text.split()) > COLUMN * FINE:
        size -= 4
        font, whole = _font(size)
    if not whole and not text.isascii():
        return line
    lines = _lines(text, font, COLUMN * FINE)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1].rstrip(" .,;:") + "…"]
    for words in lines:
        foot = FIRST_LINE + line * LINE - 12
        draw.text((100 * FINE, foot * FINE), words, colour, font, anchor="ls")
        line += 1
    return line


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
