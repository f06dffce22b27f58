"""The site's database, and the stand-in's own."""

from __future__ import annotations

from pathlib import Path

from project import env
from project.env import BASE_DIR

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
