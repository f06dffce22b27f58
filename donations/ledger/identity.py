"""Which gifts on the Stripe account are this site's: those that carry its id, or that it knows anyway.

The host alone does not tell: a site on another port has the same one. It counts for what was made before there were
ids, and Stripe keeps that for ever.
"""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache

from donations.models import SiteIdentity, insert_once
from donations.models.site_identity import new_site_id

CACHE_KEY = "donations.site_id"
CACHE_AGE = 5  # seconds: how long another process may go on with the id of before


def site_id() -> str:
    """The id of this database's site; a restored backup keeps it."""
    found: str | None = cache.get(CACHE_KEY)
    if found is None:
        found = row().site_id
        cache.set(CACHE_KEY, found, CACHE_AGE)
    return found


def row() -> SiteIdentity:
    """The one row, as it is at this moment; a database that lost it gets another one."""
    return SiteIdentity.objects.first() or insert_once(SiteIdentity()) or SiteIdentity.objects.get()


def metadata() -> dict[str, str]:
    """What everything that we make at Stripe carries."""
    return {"tincup_site": settings.SITE_HOST, "tincup_site_id": site_id()}


def marks() -> tuple[str, str]:
    """What our own payments carry as `site`, of which `parsing` takes the id, and the host where there is none."""
    return site_id(), settings.SITE_HOST


def change(to: str | None = None) -> str:
    """Give the site another id, a new one if none is named: for a copy of a database. Returns it.

    Raises ValidationError when that is no id.
    """
    own = row()
    own.site_id = new_site_id() if to is None else to.strip()
    own.full_clean()
    own.save(update_fields=["site_id"])
    cache.delete(CACHE_KEY)
    return own.site_id
