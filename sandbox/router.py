"""Keeps the sandbox's tables in the sandbox's own database file, and everybody else's out of it."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

ALIAS = "sandbox"
APP = "sandbox"


class SandboxRouter:
    """Restoring or deleting the site's database must not restore or delete "Stripe"."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """The sandbox's own file for its models, no opinion on others."""
        return ALIAS if model._meta.app_label == APP else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        """As for reading."""
        return self.db_for_read(model, **hints)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Sandbox tables only there, no other table there."""
        if app_label == APP:
            return db == ALIAS
        return False if db == ALIAS else None
