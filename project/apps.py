from django.apps import AppConfig
from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    default_site = "accounts.staff.admin_site.Desk"


class ProjectConfig(AppConfig):
    """Brings `migrate` and `runserver` as they work here; it has no models."""

    name = "project"
