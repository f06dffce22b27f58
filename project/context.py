"""What every page needs to know of the site."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from lib import languages
from organisation import sharing, stylesheet
from organisation.models import Organisation, current


def site(request: HttpRequest) -> dict[str, Any]:
    # Looked up by the pages that show it, once: the sandbox has no part in the site's database.
    organisation = cache(_organisation)
    return {
        "organisation": SimpleLazyObject(organisation),
        "site_name": SimpleLazyObject(lambda: organisation().called),
        "site_url": settings.SITE_URL,
        "theme_url": SimpleLazyObject(lambda: _theme(organisation())),
        "share_url": SimpleLazyObject(lambda: _share(organisation())),
        "canonical_url": settings.SITE_URL + request.path,
        "asked_language": languages.in_address(request),
        "languages": SimpleLazyObject(lambda: languages.choices(request)),
        "sandbox": settings.SANDBOX,
        "practice": not settings.STRIPE_LIVE,
    }


def _organisation() -> Organisation:
    """Without a database: as if nobody had described it. A page that says that something is wrong must not fail too."""
    try:
        return current()
    except DatabaseError:
        return Organisation()


def _theme(organisation: Organisation) -> str:
    return f"{reverse('theme')}?v={stylesheet.sheet(organisation.accent).version}"


def _share(organisation: Organisation) -> str:
    return settings.SITE_URL + reverse("share", args=[sharing.version(organisation)])
