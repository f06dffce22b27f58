from django.apps import AppConfig
from django.contrib.admin import apps
from django.db.backends.signals import connection_created

from project.databases import keep_private


class AdminConfig(apps.AdminConfig):
    default_site = "accounts.staff.admin_site.Desk"


class ProjectConfig(AppConfig):
    """Brings `migrate` and `runserver` as they work here; it has no models."""

    name = "project"

    def ready(self) -> None:
        connection_created.connect(keep_private)
