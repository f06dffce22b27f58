"""Backups of the site's database, as an operator makes and restores them: by the site's own commands."""

from __future__ import annotations

from pathlib import Path

from tests.project.running import python


class Copy:
    """Taken while the site serves."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.kept = folder / "backup.tar.gz"
        self.variables = variables

    def take(self) -> None:
        self._manage("backup", str(self.kept))

    def restore(self) -> None:
        """With the site stopped."""
        self._manage("restore", "--replace", str(self.kept))

    def _manage(self, *arguments: str) -> None:
        done = python("manage.py", *arguments, **self.variables)
        assert done.returncode == 0, done.stderr
