"""Tincup's settings: everything an operator may change comes from the environment (see `.env.example`)."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from lib import languages, money
from project import env
from project.env import BASE_DIR, refuse

# --- The site -------------------------------------------------------------------------------------------------------

DEBUG = env.boolean("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY")
if len(SECRET_KEY) < 32:
    refuse(
        "SECRET_KEY",
        "is missing or shorter than 32 characters: make one with "
        "`python3 -c 'import secrets; print(secrets.token_urlsafe(50))'` and put it into .env.",
    )

PORT = env.integer("PORT", 8000, least=1, most=65535)
SITE_URL = env.origin("SITE_URL", f"http://localhost:{PORT}")
SITE_HOST = urlsplit(SITE_URL).netloc.removesuffix(f":{urlsplit(SITE_URL).port}")
HTTPS = SITE_URL.startswith("https://")

SITE_NAME = env.text("SITE_NAME", "Tincup") or "Tincup"
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_TZ = True
LANGUAGE_CODE = env.language("LANGUAGE_CODE", "en")
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
DOCS_DIR = BASE_DIR / "docs"
LANGUAGES = languages.spoken(LOCALE_PATHS[0], LANGUAGE_CODE)

# --- Money ----------------------------------------------------------------------------------------------------------

DONATION_CURRENCY = (env.text("DONATION_CURRENCY") or "usd").lower()
if not money.known(DONATION_CURRENCY):
    refuse("DONATION_CURRENCY", f"is {DONATION_CURRENCY!r}: use a three-letter currency code like usd or eur.")


def _minor(name: str, typed: str) -> int:
    try:
        return money.minor(typed, DONATION_CURRENCY)
    except money.Malformed:
        refuse(name, f"holds {typed!r}: use an amount in {DONATION_CURRENCY.upper()}, like 20 or 12.50.")


DONATION_MIN = _minor("DONATION_MIN", env.text("DONATION_MIN") or "1")
DONATION_MAX = _minor("DONATION_MAX", env.text("DONATION_MAX") or "10000")
if not 0 < DONATION_MIN <= DONATION_MAX:
    refuse("DONATION_MIN", "must be above 0 and not above DONATION_MAX.")
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
if DONATION_MAX > 99_999_999:
    refuse("DONATION_MAX", f"is more than Stripe takes: at most {money.short(99_999_999, DONATION_CURRENCY)}.")
DONATION_AMOUNTS = [
    _minor("DONATION_AMOUNTS", typed) for typed in env.words("DONATION_AMOUNTS") or ["5", "10", "20", "50", "100"]
]
DONATION_DEFAULT_AMOUNT = _minor("DONATION_DEFAULT_AMOUNT", env.text("DONATION_DEFAULT_AMOUNT") or "20")
for _name, _amount in [
    *(("DONATION_AMOUNTS", amount) for amount in DONATION_AMOUNTS),
    ("DONATION_DEFAULT_AMOUNT", DONATION_DEFAULT_AMOUNT),
]:
    if not DONATION_MIN <= _amount <= DONATION_MAX:
        refuse(
            _name,
            f"holds {money.short(_amount, DONATION_CURRENCY)}, outside DONATION_MIN and DONATION_MAX "
            f"({money.short(DONATION_MIN, DONATION_CURRENCY)} to {money.short(DONATION_MAX, DONATION_CURRENCY)}).",
        )

# --- Stripe, or its stand-in ----------------------------------------------------------------------------------------

STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
STRIPE_LIVE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
STRIPE_WEBHOOK_SECRETS = env.words("STRIPE_WEBHOOK_SECRET")
SANDBOX = env.boolean("SANDBOX", DEBUG and not STRIPE_SECRET_KEY)

if STRIPE_SECRET_KEY and not re.fullmatch(r"[sr]k_(test|live)_[A-Za-z0-9_]+", STRIPE_SECRET_KEY):
    refuse("STRIPE_SECRET_KEY", "is not a Stripe secret key: it begins with sk_test_, rk_test_, sk_live_ or rk_live_.")
if STRIPE_LIVE and DEBUG:
    refuse("STRIPE_SECRET_KEY", "is a live key while DEBUG is on: set DEBUG=false, or use a test key.")
if STRIPE_LIVE and SANDBOX:
    refuse("SANDBOX", "is on with a live Stripe key: take SANDBOX out, or use a test key.")
if not STRIPE_SECRET_KEY and not SANDBOX:
    refuse("STRIPE_SECRET_KEY", "is missing: paste your key from Stripe's dashboard, or set SANDBOX=true to practise.")

if SANDBOX:
    STRIPE_SECRET_KEY = STRIPE_SECRET_KEY or "sk_test_sandbox"
    # Derived, not fixed: on a demo site in public nobody else must be able to sign an event.
    STRIPE_WEBHOOK_SECRETS = STRIPE_WEBHOOK_SECRETS or [
        "whsec_" + hmac.new(SECRET_KEY.encode(), b"sandbox webhook", hashlib.sha256).hexdigest()[:32]
    ]
if not STRIPE_WEBHOOK_SECRETS and not DEBUG:
    refuse("STRIPE_WEBHOOK_SECRET", "is missing: copy the signing secret of your webhook endpoint (whsec_…).")
if any(not secret.startswith("whsec_") for secret in STRIPE_WEBHOOK_SECRETS):
    refuse("STRIPE_WEBHOOK_SECRET", "does not begin with whsec_: copy the signing secret of your webhook endpoint.")

# The site reaches its own sandbox over the loopback, whatever name or proxy stands before it.
STRIPE_API_BASE = env.origin(
    "STRIPE_API_BASE", f"http://127.0.0.1:{PORT}/sandbox" if SANDBOX else "https://api.stripe.com", path=True
)
STRIPE_CHECKOUT_ORIGIN = env.origin("STRIPE_CHECKOUT_ORIGIN")

# What the sandbox needs to know of the site it stands in (it imports nothing of the site's domain).
SANDBOX_URL = f"{SITE_URL}/sandbox"
SANDBOX_FORWARD_TO = f"http://127.0.0.1:{PORT}/stripe-webhook/"
SANDBOX_WEBHOOK_SECRET = STRIPE_WEBHOOK_SECRETS[0] if STRIPE_WEBHOOK_SECRETS else ""

# Where people look at Stripe's side of a gift; empty when Stripe has a stand-in, which has no dashboard.
STRIPE_DASHBOARD = "" if STRIPE_API_BASE != "https://api.stripe.com" else "https://dashboard.stripe.com"
if STRIPE_DASHBOARD and not STRIPE_LIVE:
    STRIPE_DASHBOARD += "/test"

# --- Who may ask, and how the answer is dressed ----------------------------------------------------------------------

TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0, least=0, most=10)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", SITE_HOST)
if SITE_HOST not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(SITE_HOST)  # donors come back from Stripe to it
if DEBUG:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
elif SANDBOX:
    ALLOWED_HOSTS += ["127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Without a proxy that tells the scheme, a redirect to https would loop for ever behind one.
SECURE_SSL_REDIRECT = HTTPS and TRUSTED_PROXIES > 0
# Stripe counts a redirect of a webhook as a failure; the sandbox is called over the loopback.
SECURE_REDIRECT_EXEMPT = [r"^stripe-webhook/?$", r"^sandbox/v1/"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HSTS = (env.text("HSTS") or "max-age=31536000") if HTTPS else ""
if HSTS and not HSTS.lower().startswith("max-age="):
    refuse("HSTS", f"is {HSTS!r}: use max-age=31536000, perhaps with ; includeSubDomains")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Lax, not Strict: the donor comes back from Stripe's site.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "pages.errors.csrf_failure"

# The largest body anybody may send here; Stripe's events are a few kilobytes.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

SILENCED_SYSTEM_CHECKS = [
    # security_headers sends HSTS on every answer of an https site, also when a proxy does not tell the scheme.
    "security.W004",
    "security.W005",
    "security.W021",
    # The redirect to https follows TRUSTED_PROXIES (see above); a proxy that tells no scheme must redirect itself.
    "security.W008",
]

# --- Django ----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "project.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "accounts",
    "demo",
    "desk",
    "donations",
    "mail",
    "organisation",
    "pages",
    "sandbox",
]

MIDDLEWARE = [
    "project.middleware.security_headers.HeadersMiddleware",
    "project.middleware.health.ProbeMiddleware",
    "project.middleware.trusted_proxies.ProxyMiddleware",
    "project.middleware.access_log.AccessLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Below WhiteNoise: files are compressed already.
    "project.middleware.compression.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "project.middleware.trailing_slash.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "project.urls"
# trailing_slash answers the other form of an address; Django's own switch knows only one of the two ways.
APPEND_SLASH = False
WSGI_APPLICATION = "project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "project.context.site",
            ],
        },
    }
]

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# The collected, compressed files, with DEBUG as without; runserver (`make dev`) serves the sources itself.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.VerifiedBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "account"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

# Links in letters, of every kind (accounts.emails.links).
PASSWORD_RESET_TIMEOUT = 3600  # seconds

# Five wrong passwords for one address from one place close that place for it, in our pages and the admin; what axes
# asks us is in accounts.lockout.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "accounts.lockout.whom"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.place"
AXES_CLIENT_STR_CALLABLE = "accounts.lockout.client"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.page"
AXES_SENSITIVE_PARAMETERS = ["username", "email", "current", "name", "message", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# A code from a phone, after the password, for everybody who uses the admin.
STAFF_TWO_FACTOR = env.boolean("STAFF_TWO_FACTOR", False)
OTP_TOTP_ISSUER = SITE_NAME  # what the app on the phone calls us

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Databases -------------------------------------------------------------------------------------------------------

# Measured under 16 and 50 writers: with Django's defaults four of five transactions fail as "locked", with these none.
# synchronous=FULL: a gift that was acknowledged survives a power cut.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864; "
        # What was erased is overwritten, not only let go of; Debian's SQLite does so anyway.
        "PRAGMA secure_delete=ON;"
    ),
}

_default = env.database("DATABASE_URL", BASE_DIR / "data" / "tincup.sqlite3")
_folder = BASE_DIR / "data"
if _default["ENGINE"].endswith("sqlite3"):
    _default["OPTIONS"] = SQLITE_OPTIONS
    _folder = Path(_default["NAME"]).parent
    _stem = Path(_default["NAME"]).stem
else:
    _default["OPTIONS"] = {"connect_timeout": 5, **_default.get("OPTIONS", {})}
    _default["CONN_MAX_AGE"] = 60
    _default["CONN_HEALTH_CHECKS"] = True
    _stem = Path(_default["NAME"]).name

DATABASES = {
    "default": _default,
    # The stand-in's books are not ours: restoring or killing the site must not restore or kill "Stripe".
    "sandbox": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(_folder / f"{_stem}-sandbox.sqlite3"),
        "OPTIONS": SQLITE_OPTIONS,
    },
}
DATABASE_ROUTERS = ["sandbox.router.SandboxRouter"]

# --- Mail and log ----------------------------------------------------------------------------------------------------

globals().update(env.email("EMAIL_URL", "consolemail://" if DEBUG else ""))
# For each answer of the mail server. Servers that look into a letter before they take it are slow, and a letter whose
# answer was not waited for would be sent again.
EMAIL_TIMEOUT = 30  # seconds
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", f"tincup@{SITE_HOST}")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # access_log writes the one line per request, without query strings (they may hold ids and addresses).
        "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        # One line per call to Stripe, with ids in it, says nothing that the access log does not.
        "stripe": {"level": "WARNING"},
        # It tells each step of each sign-in.
        "axes": {"level": "WARNING"},
    },
}
