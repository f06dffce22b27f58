"""What every page needs to know of the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse

from organisation import sharing, stylesheet
from organisation.models import Organisation, current


def site(request: HttpRequest) -> dict[str, Any]:
    organisation = _organisation()
    return {
        "organisation": organisation,
        "site_name": organisation.called,
        "site_url": settings.SITE_URL,
        "theme_url": f"{reverse('theme')}?v={stylesheet.sheet(organisation.accent).version}",
        "share_url": settings.SITE_URL + reverse("share", args=[sharing.version(organisation)]),
        "canonical_url": settings.SITE_URL + request.path,
        "sandbox": settings.SANDBOX,
        "practice": not settings.STRIPE_LIVE,
    }


def _organisation() -> Organisation:
    """Without a database: as if nobody had described it. A page that says that something is wrong must not fail too."""
    try:
        return current()
    except DatabaseError:
        return Organisation()
