"""The WSGI application, and the background work that lives in the same process.

Threads start here and not in AppConfig.ready, which every management command runs too.
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

application = get_wsgi_application()

from project import worker  # noqa: E402  (Django must be set up first)
from project.mode import hold_or_refuse  # noqa: E402

hold_or_refuse()
if settings.SENTRY_DSN:
    from project.watch import sentry

    sentry.start(settings.SENTRY_DSN)
worker.start()

if settings.SANDBOX:
    from sandbox import worker as sandbox_worker

    sandbox_worker.start()
