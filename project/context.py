"""What every page needs to know of the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "sandbox": settings.SANDBOX,
        "practice": not settings.STRIPE_LIVE,
    }
