"""System checks for settings that would make gifts go wrong quietly."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, connections

from donations import triggers
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
def stripe_address(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.STRIPE_LIVE or settings.STRIPE_API_BASE == "https://api.stripe.com":
        return []
    return [
        Warning(
            "STRIPE_API_BASE is not Stripe's address, but the key is a live one.",
            hint="Take STRIPE_API_BASE out of the environment.",
            id="donations.W002",
        )
    ]


@register(Tags.database)
def append_only_triggers(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Asked by `migrate` and `check --database default`; /readyz asks as well."""
    if DEFAULT_DB_ALIAS not in (databases or []):
        return []
    tables = connections[DEFAULT_DB_ALIAS].introspection.table_names()
    # Before the first migrate there is nothing to protect.
    if LedgerEntry._meta.db_table not in tables or not (names := triggers.missing()):
        return []
    return [
        Error(
            f"The ledger can be edited: the triggers {', '.join(names)} are missing.",
            hint="Run manage.py migrate: it puts them back.",
            id="donations.E001",
        )
    ]
