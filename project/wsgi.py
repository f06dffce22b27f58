"""The WSGI application, and the background work that lives in the same process.

Threads start here and not in AppConfig.ready, which every management command runs too.
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

application = get_wsgi_application()

from project import background  # noqa: E402  (Django must be set up first)

background.start()

if settings.SANDBOX:
    from sandbox import delivery

    delivery.start()
