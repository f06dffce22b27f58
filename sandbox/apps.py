from __future__ import annotations

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """The built-in stand-in for Stripe."""

    name = "sandbox"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Sandbox"
