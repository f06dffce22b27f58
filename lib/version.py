"""Which version of Tincup this is: the newest heading of the changelog."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parent.parent / "CHANGELOG.md"


@cache
def version() -> str:
    """Like "0.2.0"; "unknown" where the changelog is not there."""
    try:
        text = CHANGELOG.read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    found = re.search(r"^## (\S+)", text, re.MULTILINE)
    return found[1] if found else "unknown"
