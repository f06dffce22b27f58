"""The product's own settings, with an environment of the tests' own: a developer's `.env` must not leak in."""

import os
import tempfile

UNSET = (
    *("STRIPE_API_BASE", "STRIPE_CHECKOUT_ORIGIN", "TRUSTED_PROXIES", "HSTS", "TIME_ZONE", "LANGUAGE_CODE"),
    *("DONATION_AMOUNTS", "DONATION_DEFAULT_AMOUNT", "DONATION_MIN", "DONATION_MAX", "DONATION_CURRENCY"),
    "DEFAULT_FROM_EMAIL",
    "STRIPE_ADAPTIVE_PRICING",
    *("SHIELD", "API_ORIGINS"),
    *("BACKUP_DIR", "BACKUP_KEEP", "LOG_FORMAT", "METRICS_TOKEN", "SENTRY_DSN"),
)
os.environ.update(dict.fromkeys(UNSET, ""))
os.environ.update(
    {
        "SECRET_KEY": "tests-only-" + "x" * 40,
        "DEBUG": "false",
        "SANDBOX": "true",
        "PORT": "8000",
        "SITE_URL": "http://localhost:8000",
        "SITE_NAME": "Tincup",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "MODERATE_NAMES": "suspicious",
        "STAFF_TWO_FACTOR": "false",
        "EMAIL_URL": "memorymail://",
        "STRIPE_SECRET_KEY": "sk_test_sandbox",
        "STRIPE_WEBHOOK_SECRET": "whsec_tests",
        "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", ""),
    }
)

from project.settings import *  # noqa: E402, F403  (the environment first)
from project.settings import DATABASES, INSTALLED_APPS  # noqa: E402

# After a test with real transactions the rows are those of a migrated database again.
INSTALLED_APPS = [*INSTALLED_APPS, "tests.restore"]
# As on one's own machine: any key opens the stand-in (tests/sandbox/test_public.py has the other).
SANDBOX_KEY = ""
# A fast hasher: Argon2 is slow on purpose, and the tests sign in often.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# No `collectstatic` before the tests.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# The sources themselves: servers that other tests start may be collecting the files at this moment.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
# A file each: threads cannot share SQLite's in-memory database, and the tests race threads on purpose. The process's
# number keeps two runs at once apart.
for _alias, _database in DATABASES.items():
    if _database["ENGINE"].endswith("sqlite3"):
        # The sandbox can be tested without the site's own database.
        _database["TEST"] = {
            "DEPENDENCIES": [],
            "NAME": f"{tempfile.gettempdir()}/tincup-test-{_alias}-{os.getpid()}.sqlite3",
        }
