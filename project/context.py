"""What every page needs to know of the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from organisation.models import current


def site(request: HttpRequest) -> dict[str, Any]:
    organisation = current()
    return {
        "organisation": organisation,
        "site_name": organisation.called,
        "site_url": settings.SITE_URL,
        "sandbox": settings.SANDBOX,
        "practice": not settings.STRIPE_LIVE,
    }
