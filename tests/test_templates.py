"""How templates are written: a line can be read without scrolling sideways."""

from __future__ import annotations

from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
LIMIT = 160


def test_no_line_is_too_long_to_read() -> None:
    long = [
        f"{file.relative_to(TEMPLATES)}:{number}: {len(line)}"
        for file in sorted(TEMPLATES.rglob("*.*"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LIMIT
    ]
    assert long == []
