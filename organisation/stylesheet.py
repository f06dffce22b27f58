"""The site's stylesheet with the organisation's colour in it: one file, so one round trip.

`static/css/site.css` is a list of small files. Where nothing can be worked out (an error page, the sandbox on its own)
it is linked as it stands; everywhere else its parts go out as one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import brotli
from django.conf import settings
from django.contrib.staticfiles import finders

from organisation.accent import theme

IMPORT = re.compile(r'@import "([\w.-]+)";')
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sheet:
    text: bytes
    brotli: bytes
    version: str


def sheet(accent: str) -> Sheet:
    """The stylesheet for an accent colour (#rrggbb), or for none (empty)."""
    return _sheet(accent, _changed() if settings.DEBUG else ())


@lru_cache(maxsize=8)
def _sheet(accent: str, _changed: tuple[int, ...]) -> Sheet:
    text = "".join(part.read_text(encoding="utf-8") for part in _parts())
    text = re.sub(r"\n\s*", "\n", COMMENT.sub("", text)) + _colours(accent)
    content = text.encode()
    return Sheet(content, brotli.compress(content), hashlib.sha256(content).hexdigest()[:12])


def _colours(accent: str) -> str:
    if not accent:
        return ""
    safe = theme(accent)
    return (
        f":root{{--accent:light-dark({safe.light},{safe.dark});"
        f"--accent-raw:light-dark({safe.raw_light},{safe.raw_dark})}}\n"
    )


def _parts() -> list[Path]:
    site = Path(str(finders.find("css/site.css")))
    return [site.with_name(name) for name in IMPORT.findall(site.read_text(encoding="utf-8"))]


def _changed() -> tuple[int, ...]:
    """A developer's edit shows without a restart."""
    return tuple(part.stat().st_mtime_ns for part in _parts())
