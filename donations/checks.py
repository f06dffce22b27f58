"""System checks for settings that would make gifts go wrong quietly."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, connections

from donations.ledger import append_only
from donations.models import LedgerEntry


@register(Tags.security)
def webhook_secret(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.STRIPE_WEBHOOK_SECRETS:
        return []
    return [
        Warning(
            "STRIPE_WEBHOOK_SECRET is not set: Stripe's events are refused.",
            hint="Gifts are confirmed by the success page and the sweep only. Run `stripe listen` and copy its secret.",
            id="donations.W001",
        )
    ]


@register(Tags.security)
def live_addresses(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """With a live key, where the key is sent and where donors come back to."""
    found: list[CheckMessage] = []
    if settings.STRIPE_LIVE and settings.STRIPE_API_BASE != "https://api.stripe.com":
        found.append(
            Warning(
                "STRIPE_API_BASE is not Stripe's address, but the key is a live one, and is sent there.",
                hint="Take STRIPE_API_BASE out of the environment.",
                id="donations.W002",
            )
        )
    if settings.STRIPE_LIVE and not settings.HTTPS:
        found.append(
            Warning(
                "SITE_URL is not an https address, but the key is a live one.",
                hint="Donors come back from Stripe to SITE_URL: set it to the site's public address.",
                id="donations.W003",
            )
        )
    return found


@register(Tags.database)
def append_only_triggers(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Asked by `migrate` and `check --database default`; /readyz asks as well."""
    if DEFAULT_DB_ALIAS not in (databases or []):
        return []
    tables = connections[DEFAULT_DB_ALIAS].introspection.table_names()
    # Before the first migrate there is nothing to protect.
    if LedgerEntry._meta.db_table not in tables or not (names := append_only.missing()):
        return []
    return [
        # No Error: that would keep `migrate` from putting them back.
        Warning(
            f"The ledger can be edited: the triggers {', '.join(names)} are missing.",
            hint="Run manage.py migrate: it puts them back.",
            id="donations.W004",
        )
    ]
