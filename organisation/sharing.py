"""The picture that goes with a link to this site, and how it is named."""

from __future__ import annotations

import hashlib

from organisation.models import Organisation

ACCENT = "#1d4c8f"
DRAWING = "1"  # raised when the drawing changes, so that nobody keeps an old one


def version(organisation: Organisation) -> str:
    """Names the picture: another name, sentence or colour is another picture."""
    said = f"{DRAWING}\0{organisation.called}\0{organisation.tagline}\0{organisation.accent}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def picture(organisation: Organisation) -> bytes:
    """A PNG of 1200 × 630 pixels."""
    from organisation import drawing  # every page knows the name, few draw: Pillow is four megabytes

    return drawing.drawn(organisation.called, organisation.tagline, organisation.accent or ACCENT)
