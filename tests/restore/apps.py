from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class RestoreConfig(AppConfig):
    """Brings a `flush` of its own. The last of the tests' apps: all others have written their first rows before it."""

    name = "tests.restore"

    def ready(self) -> None:
        from tests.restore.management.commands import flush

        # The signal comes once for each app that has models, to those first who asked first.
        *_, last = (app for app in apps.get_app_configs() if app.models_module)
        post_migrate.connect(flush.keep, sender=last)
