"""Backups: where to, and how many are kept."""

from __future__ import annotations

from pathlib import Path

from project import env
from project.env import BASE_DIR

_folder = env.text("BACKUP_DIR")
# Every night a backup is made in it. A relative one is the project's, whatever folder the command runs in.
BACKUP_DIR: Path | None = BASE_DIR / _folder if _folder else None
BACKUP_KEEP = env.integer("BACKUP_KEEP", 14, least=1, most=10_000)
