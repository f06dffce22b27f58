"""What every page needs to know of the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from organisation import sharing, stylesheet
from organisation.models import Organisation, current


def site(request: HttpRequest) -> dict[str, Any]:
    # Looked up by the pages that show it: the sandbox has no part in the site's database.
    organisation = SimpleLazyObject(_organisation)
    return {
        "organisation": organisation,
        "site_name": SimpleLazyObject(lambda: organisation.called),
        "site_url": settings.SITE_URL,
        "theme_url": SimpleLazyObject(lambda: f"{reverse('theme')}?v={stylesheet.sheet(organisation.accent).version}"),
        "share_url": SimpleLazyObject(
            lambda: settings.SITE_URL + reverse("share", args=[sharing.version(organisation)])
        ),
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
