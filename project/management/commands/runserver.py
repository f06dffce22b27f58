"""Django's `runserver`, at the settings' port. `manage.py` has taken over one that was typed."""

from __future__ import annotations

import warnings
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands import runserver

from project import databases


class Command(runserver.Command):
    default_port = str(settings.PORT)

    def run(self, **options: Any) -> None:
        # Here, where it ends the command: the reloader would wait for somebody to change the code.
        databases.open_all()
        # This server takes static files from their sources: that nobody has collected them is no matter.
        warnings.filterwarnings("ignore", "No directory at", UserWarning)
        super().run(**options)
