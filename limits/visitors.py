"""What a visitor takes from the buckets of the place, the area around it, and the whole site."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from limits import buckets
from limits.addresses import whence
from limits.buckets import Draw, Rate


def take(what: str, rates: tuple[Rate, Rate, Rate], request: HttpRequest | None) -> list[Draw]:
    """Take one token of each: `rates` are those of a place, an area and the site. What was taken. Raises Exhausted."""
    if request is None or not settings.SHIELD:
        return []
    here = whence(request)
    whom = {"place": here.place, "area": here.area, "site": ""}
    draws = [
        Draw(buckets.key(f"{what} {level}", who), rate) for (level, who), rate in zip(whom.items(), rates, strict=True)
    ]
    buckets.take(*draws)
    return draws
