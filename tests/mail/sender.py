"""Another process that sends the outbox: `python -m tests.mail.sender <database as JSON> <port of the mail server>`.

It waits for a line on its standard input, so that several can begin together.
"""

from __future__ import annotations

import json
import os
import sys


def main(database: str, port: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"] |= json.loads(database)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(port)
    django.setup()
    from mail import outbox

    def compose(kind: str, key: str) -> outbox.Email:
        return outbox.Email(to=f"{key}@example.org", subject=kind, text="Thank you.", html="<p>Thank you.</p>")

    print("ready", flush=True)
    sys.stdin.readline()
    print(outbox.send_due(compose, limit=100), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
