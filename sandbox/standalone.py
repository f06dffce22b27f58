"""Makes a process out of the stand-in alone: its own database file, its own pages, nothing of the site."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections

from sandbox.router import ALIAS

_PREFIX = "/sandbox"
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Options:
    """What `stripe listen` would be told, and where the database is."""

    port: int
    forward_to: str
    secret: str
    database: Path
    public_url: str


def configure(options: Options) -> None:
    """Turn the site's settings into the stand-in's; call it before anything has connected or answered."""
    options.database.parent.mkdir(parents=True, exist_ok=True)
    database = connections.settings[ALIAS]
    database["NAME"] = str(options.database)
    # Many payers at once: a kill loses nothing this way either, only a power cut could.
    database["OPTIONS"] = {**database["OPTIONS"], "init_command": _PRAGMAS}
    origin = urlsplit(options.public_url)
    settings.SANDBOX = True
    settings.SANDBOX_URL = options.public_url
    settings.SANDBOX_KEY = ""  # it listens on this machine alone
    settings.SANDBOX_FORWARD_TO = options.forward_to
    settings.SANDBOX_WEBHOOK_SECRET = options.secret
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", origin.hostname or "localhost"]
    settings.ROOT_URLCONF = "sandbox.standalone_urls"
    # Neither sessions nor users: those live in the site's database, which is none of Stripe's business.
    settings.MIDDLEWARE = [
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    processors = ["django.template.context_processors.request"]
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "OPTIONS": {"context_processors": processors}}]
    # Cookies do not tell ports apart: beside the site on one host, its CSRF cookie must not be ours.
    settings.CSRF_COOKIE_NAME = "sandbox_csrf"
    settings.CSRF_COOKIE_SECURE = origin.scheme == "https"
    settings.CSRF_TRUSTED_ORIGINS = [f"{origin.scheme}://{origin.netloc}"]
    settings.CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"
    _serve_static_sources()


def application() -> Application:
    """The WSGI application, answering at the root and below `/sandbox`; its tables are there when it returns."""
    call_command("migrate", database=ALIAS, app_label="sandbox", verbosity=0, interactive=False)
    inner = get_wsgi_application()

    def with_prefix(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == _PREFIX or path.startswith(f"{_PREFIX}/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + _PREFIX
            environ["PATH_INFO"] = path[len(_PREFIX) :] or "/"
        return inner(environ, start_response)

    return with_prefix


def _serve_static_sources() -> None:
    """Static files straight from the sources: whether the site has collected them does not matter here."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True
    settings.STATIC_ROOT = None
