"""Backups, and how the site is watched."""

from __future__ import annotations

from pathlib import Path

from project import env
from project.env import BASE_DIR, refuse

_folder = env.text("BACKUP_DIR")
# Every night a backup is made in it. A relative one is the project's, whatever folder the command runs in.
BACKUP_DIR: Path | None = BASE_DIR / _folder if _folder else None
BACKUP_KEEP = env.integer("BACKUP_KEEP", 14, least=1, most=10_000)

# Who asks for /metrics has to know it; without one there is no such address.
METRICS_TOKEN = env.text("METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    refuse(
        "METRICS_TOKEN",
        "is shorter than 16 characters: make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`.",
    )

# Where errors are sent to, if anywhere (project.watch.sentry).
SENTRY_DSN = env.text("SENTRY_DSN")
