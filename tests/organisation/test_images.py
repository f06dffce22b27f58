"""What becomes of an uploaded logo."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin

from organisation import images

RED = (200, 30, 30)


def upload(content: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def drawn(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **options) -> bytes:
    target = BytesIO()
    Image.new(mode, size, RED if mode == "RGB" else None).save(target, kind, **options)
    return target.getvalue()


def kept(content: bytes) -> Image.Image:
    picture = Image.open(BytesIO(images.reencode(upload(content))))
    picture.load()
    return picture


def pixel(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = picture.getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def code_of(content: bytes) -> str:
    with pytest.raises(ValidationError) as refused:
        images.reencode(upload(content))
    assert refused.value.messages[0].endswith(".")
    return str(refused.value.code)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_each_kind_that_is_taken_becomes_a_png(kind):
    picture = kept(drawn(kind))
    assert (picture.format, picture.size) == ("PNG", (60, 40))
    assert all(abs(got - red) < 12 for got, red in zip(pixel(picture, 30, 20), RED, strict=False))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_colour_mode_is_taken(mode):
    assert kept(drawn("PNG", mode=mode)).mode == "RGBA"


def test_a_cmyk_photograph_is_taken():
    assert kept(drawn("JPEG", mode="CMYK")).mode == "RGBA"


@pytest.mark.parametrize(("size", "smaller"), [((1024, 512), (512, 256)), ((600, 3000), (102, 512)), ((2, 9), (2, 9))])
def test_a_large_picture_shrinks_in_proportion_and_a_small_one_stays(size, smaller):
    assert kept(drawn("PNG", size)).size == smaller


def test_see_through_stays_see_through():
    assert pixel(kept(drawn("PNG", mode="RGBA")), 0, 0)[3] == 0


def test_a_photograph_taken_sideways_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert kept(drawn("JPEG", exif=exif)).size == (40, 60)


def test_nothing_but_pixels_is_kept():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>")
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    clean = images.reencode(upload(drawn("PNG", pnginfo=info, exif=exif) + b"<?php evil"))
    assert kinds(clean) <= {b"IHDR", b"IDAT", b"IEND"}
    assert not any(word in clean for word in (b"script", b"home", b"php"))


def kinds(png: bytes) -> set[bytes]:
    found, place = set(), 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        found.add(png[place + 4 : place + 8])
        place += length + 12
    return found


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        drawn("GIF"),
        drawn("BMP"),
        drawn("TIFF"),
        drawn("PNG", (400, 400))[:-40],
        drawn("JPEG", (400, 400))[:300],
    ],
    ids=["empty", "text", "svg", "broken", "gif", "bmp", "tiff", "cut png", "cut jpeg"],
)
def test_what_is_no_whole_png_jpeg_or_webp_is_refused(content):
    assert code_of(content) == "picture_unreadable"


def test_a_file_above_two_megabytes_is_refused():
    assert code_of(b"\0" * (images.LARGEST_FILE + 1)) == "picture_too_large"


@pytest.mark.parametrize("side", [6_000, 20_000, 2**31 - 1])
def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_unpacked(side):
    assert code_of(claiming(side)) == "picture_too_many_pixels"


def claiming(side: int) -> bytes:
    """A small PNG whose header claims this many pixels on each side."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")
    )
