"""Tincup's settings: everything an operator may change comes from the environment (see `.env.example`)."""

from __future__ import annotations

from datetime import timedelta

from lib import languages
from project import env
from project.conf import site, stripe
from project.conf.databases import *  # noqa: F403  (taken over whole: all of them are settings)
from project.conf.mail import *  # noqa: F403
from project.conf.money import *  # noqa: F403
from project.conf.site import *  # noqa: F403
from project.conf.stripe import *  # noqa: F403
from project.conf.upkeep import *  # noqa: F403
from project.env import BASE_DIR, refuse

# --- The site -------------------------------------------------------------------------------------------------------

SITE_NAME = env.text("SITE_NAME", "Tincup") or "Tincup"
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "project.formats"
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_CODE = env.language("LANGUAGE_CODE", "en", dict(languages.spoken(LOCALE_PATHS[0])))
LANGUAGES = languages.spoken(LOCALE_PATHS[0], LANGUAGE_CODE)
DOCS_DIR = BASE_DIR / "docs"

# --- Who may ask, and how the answer is dressed ----------------------------------------------------------------------

# Limits on opening payment pages (donations.shield).
SHIELD = env.boolean("SHIELD", True)
# Other sites whose pages may call the JSON API from a visitor's browser.
API_ORIGINS = env.origins("API_ORIGINS")
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0, least=0, most=10)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", site.SITE_HOST)
if site.SITE_HOST not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(site.SITE_HOST)  # donors come back from Stripe to it
if site.DEBUG:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
elif stripe.SANDBOX:
    ALLOWED_HOSTS += ["127.0.0.1"]
# Whoever comes by one of these is sent to SITE_URL's. Not from this machine's own names to a public one: a proxy that
# does not pass the host on asks by them, and would be sent round in circles.
LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
OTHER_HOSTS = [host for host in ALLOWED_HOSTS if host not in LOOPBACK or site.SITE_HOST in LOOPBACK]
CSRF_TRUSTED_ORIGINS = [site.SITE_URL]

if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Without a proxy that tells the scheme, a redirect to https would loop for ever behind one.
SECURE_SSL_REDIRECT = site.HTTPS and TRUSTED_PROXIES > 0
# Stripe counts a redirect of a webhook as a failure; the sandbox is called over the loopback.
SECURE_REDIRECT_EXEMPT = [r"^stripe-webhook/?$", r"^sandbox/v1/"]
# Set once, by security_headers, on every answer: also where Django's own middleware has no say.
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = None
SECURE_CONTENT_TYPE_NOSNIFF = False
HSTS = (env.text("HSTS") or "max-age=31536000") if site.HTTPS else ""
if HSTS and not HSTS.lower().startswith("max-age="):
    refuse("HSTS", f"is {env.shown(HSTS)}: use max-age=31536000, perhaps with ; includeSubDomains")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = site.HTTPS
SESSION_COOKIE_NAME = "__Host-session" if site.HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if site.HTTPS else "csrf"
LANGUAGE_COOKIE_NAME = "__Host-language" if site.HTTPS else "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # seconds
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
# Lax, not Strict: the donor comes back from Stripe's site.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "pages.errors.csrf_failure"

# The largest body anybody may send here; Stripe's events are a few kilobytes.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

SILENCED_SYSTEM_CHECKS = [
    # security_headers sends what these ask for; HSTS also when a proxy does not tell the scheme.
    "security.W002",
    "security.W006",
    "security.W022",
    "security.W024",
    "security.W004",
    "security.W005",
    "security.W021",
    # The redirect to https follows TRUSTED_PROXIES (see above); a proxy that tells no scheme must redirect itself.
    "security.W008",
]

# --- Django ----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "project.apps.ProjectConfig",
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
    "limits",
    "mail",
    "organisation",
    "pages",
    "sandbox",
    "upkeep",
]

MIDDLEWARE = [
    # Above all, so that whatever is logged has the request's id.
    "project.middleware.request_id.RequestIdMiddleware",
    "project.middleware.security_headers.HeadersMiddleware",
    "project.middleware.health.ProbeMiddleware",
    "project.middleware.metrics.MetricsMiddleware",
    "project.middleware.trusted_proxies.ProxyMiddleware",
    "project.middleware.access_log.AccessLogMiddleware",
    # Whom all below is no use to.
    "project.middleware.straight_through.StraightMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Below WhiteNoise: files are compressed already.
    "project.middleware.compression.CompressionMiddleware",
    # Above all that sets a cookie.
    "project.middleware.one_address.OneAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "project.middleware.language.LanguageMiddleware",
    # Above all that looks at what was sent, or looks something up by it.
    "project.middleware.legible.LegibleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "project.middleware.trailing_slash.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "accounts.throttle.ThrottleMiddleware",
    # Below all: it answers in the place of a view.
    "project.middleware.missing_page.MissingMiddleware",
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
            "builtins": ["lib.template_filters"],
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
    "accounts.hashing.Argon2",
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

# Which names a person reads before visitors see them.
MODERATE_NAMES = env.choice("MODERATE_NAMES", "suspicious", ("none", "suspicious", "all"))

# A code from a phone, after the password, for everybody who uses the admin.
STAFF_TWO_FACTOR = env.boolean("STAFF_TWO_FACTOR", False)
OTP_TOTP_ISSUER = SITE_NAME  # what the app on the phone calls us

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Mail and log ----------------------------------------------------------------------------------------------------

# For each answer of the mail server. Servers that look into a letter before they take it are slow, and a letter whose
# answer was not waited for would be sent again.
EMAIL_TIMEOUT = 30  # seconds

LOG_FORMAT = env.text("LOG_FORMAT", "text").lower() or "text"
if LOG_FORMAT not in {"text", "json"}:
    refuse("LOG_FORMAT", f"is {env.shown(LOG_FORMAT)}: use text or json.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": f"project.watch.logs.{'Json' if LOG_FORMAT == 'json' else 'Text'}"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # access_log writes the one line per request, without query strings (they may hold ids and addresses).
        "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        # What a client did wrong stands in that line, too: anybody may send it, as often as he likes.
        "django.security": {"handlers": [], "level": "CRITICAL", "propagate": False},
        # One line per call to Stripe, with ids in it, says nothing that the access log does not.
        "stripe": {"level": "WARNING"},
        # It tells each step of each sign-in.
        "axes": {"level": "WARNING"},
    },
}
