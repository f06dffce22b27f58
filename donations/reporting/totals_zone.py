"""The monthly totals go by the site's clock: when that is set to another zone, other months hold the same money."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from donations.ledger import monthly_totals


def made_here(kept: dict[str, Any] | None) -> bool:
    """Whether the totals were made by the clock that the site goes by now, as `rebuild` left it behind."""
    return bool(kept) and (kept or {}).get("zone") == settings.TIME_ZONE


def rebuild() -> tuple[int, dict[str, Any] | None]:
    """Bring every month to what it is by this clock.

    Returns how many were mended, and what `made_here` wants to be told the next time; nothing while gifts that came
    meanwhile left a month for another look.
    """
    mended = monthly_totals.repair()
    return mended, None if monthly_totals.compare() else {"zone": settings.TIME_ZONE}
