"""What has to be true before the server starts: `python -m project.prepare`.

Folders, migrations, the database's mode and static files in one process, because starting Django is most of the time
that each would take. Without anything to do it is quick: `make run` calls it every time. `python -m project.prepare
static` leaves the database alone, for an image that is made where there is none.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command

from project.env import stop


def databases() -> None:
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except CommandError as error:
        stop(str(error))


def static_files() -> None:
    """Collect and compress, unless the sources are those of the last time: compressing takes seconds."""
    root = Path(settings.STATIC_ROOT)
    sources = _sources()
    try:
        _collect(root, sources)
    except OSError as error:
        # Where nothing can be written, what was collected before will do if it is of these sources.
        stamp = root / ".sources"
        if not (stamp.is_file() and stamp.read_text() == sources):
            stop(f"the folder {root} cannot be written: {error.strerror}. The site's static files are collected there.")


def _collect(root: Path, sources: str) -> None:
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".sources").open("a+") as stamp:
        # Two servers may start in one folder.
        fcntl.flock(stamp, fcntl.LOCK_EX)
        stamp.seek(0)
        if stamp.read() != sources:
            call_command("collectstatic", interactive=False, verbosity=0)
            stamp.truncate(0)
            stamp.write(sources)


def _sources() -> str:
    """A digest of every static file, and of what turns them into those that are served.

    Not of their times: those of an image's files are not the ones that its maker saw.
    """
    digest = hashlib.sha256(f"{version('django')} {version('whitenoise')} {settings.STORAGES}".encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            digest.update(f"{name}\n".encode() + Path(storage.path(name)).read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    from project.mode import hold_or_refuse  # it needs the models, which are ready now

    if sys.argv[1:] != ["static"]:
        databases()
        hold_or_refuse()
    static_files()
