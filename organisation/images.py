"""Logos that people of the organisation upload: read once, checked, and written anew.

What is kept is never the file that came in: only its pixels, in a PNG of our own making. Scripts, comments, places and
tricks that a file may carry do not survive that. Pillow is loaded when there is a picture: it is four megabytes.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _

LARGEST_FILE = 2_000_000  # bytes; the server itself takes no body above 2 MiB
SIDE = 512  # pixels: the longest side of what is kept
# A few kilobytes may ask for gigabytes of memory when they are unpacked: what claims more than this is not opened.
MOST_PIXELS = 4096 * 4096
FORMATS = ("PNG", "JPEG", "WEBP")


def reencode(upload: File[bytes]) -> bytes:
    """The picture as a PNG of at most 512 × 512 pixels, upright. Raises ValidationError, in words, if it cannot be."""
    from PIL import Image

    if upload.size > LARGEST_FILE:
        raise ValidationError(_("This picture is too large: at most 2 MB."), code="picture_too_large")
    content = upload.read(LARGEST_FILE + 1)
    with warnings.catch_warnings():
        # Pillow only warns of pictures that would take a lot of memory, and of broken details.
        warnings.simplefilter("error")
        try:
            return _png(BytesIO(content))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning, _TooManyPixels):
            raise ValidationError(
                _("This picture has too many pixels: make it smaller first, 512 by 512 is enough."),
                code="picture_too_many_pixels",
            ) from None
        # Decoders raise whatever comes to them on a broken file, and a broken file is nothing that we could mend.
        except Exception:
            raise ValidationError(
                _("This is not a picture that can be read. Use a PNG, JPEG or WebP file."), code="picture_unreadable"
            ) from None


class _TooManyPixels(Exception):
    pass


def _png(source: IO[bytes]) -> bytes:
    from PIL import Image, ImageOps

    with Image.open(source, formats=FORMATS) as picture:
        # The size stands in the header: nothing has been unpacked yet.
        if picture.width * picture.height > MOST_PIXELS:
            raise _TooManyPixels
        upright = ImageOps.exif_transpose(picture)
        pixels = upright.convert("RGBA")
    pixels.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    clean = Image.new("RGBA", pixels.size)
    clean.paste(pixels)
    target = BytesIO()
    clean.save(target, "PNG", optimize=True)
    return target.getvalue()


def fit(png: bytes, width: int, height: int) -> tuple[int, int]:
    """The size at which a picture fills a box without leaving it, in the box's unit."""
    from PIL import Image

    with Image.open(BytesIO(png), formats=("PNG",)) as picture:
        scale = min(width / picture.width, height / picture.height)
        return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def smaller(png: bytes, width: int, height: int) -> bytes:
    """The picture as a PNG of at most this many pixels."""
    from PIL import Image

    with Image.open(BytesIO(png), formats=("PNG",)) as picture:
        picture.thumbnail((width, height), Image.Resampling.LANCZOS)
        target = BytesIO()
        picture.save(target, "PNG", optimize=True)
        return target.getvalue()


def icon(png: bytes, side: int, form: str) -> bytes:
    """The picture in the middle of a white square of so many pixels, as a `form` of file that Pillow writes."""
    from PIL import Image, ImageOps

    with Image.open(BytesIO(png), formats=("PNG",)) as picture:
        fitted = ImageOps.contain(picture.convert("RGBA"), (side, side), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (side, side), "white")
    square.alpha_composite(fitted, ((side - fitted.width) // 2, (side - fitted.height) // 2))
    target = BytesIO()
    square.convert("RGB").save(target, form)
    return target.getvalue()
