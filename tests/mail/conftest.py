from __future__ import annotations

from collections.abc import Iterator

import pytest
import pytest_django

from tests.mail import post_office
from tests.mail.post_office import PostOffice


@pytest.fixture
def office(settings: pytest_django.Settings) -> Iterator[PostOffice]:
    """A mail server of the tests' own, in the settings' place."""
    with post_office.running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 1
        yield server
