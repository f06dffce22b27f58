"""What every page needs to know of the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from organisation.models import current


def site(request: HttpRequest) -> dict[str, Any]:
    # Looked up by the pages that show it: the sandbox has no part in the site's database, an error page may have none.
    return {
        "organisation": SimpleLazyObject(current),
        "site_name": SimpleLazyObject(lambda: current().called),
        "site_url": settings.SITE_URL,
        "sandbox": settings.SANDBOX,
        "practice": not settings.STRIPE_LIVE,
    }
