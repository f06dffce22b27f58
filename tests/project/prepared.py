"""The databases of a site that was prepared and has never started: migrating takes seconds, copying does not.

They are made once for all processes of a test run, by whichever asks first, and go when that one ends; should another
one ask later, it makes them anew.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.project.running import SECRET_KEY, python

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
TEMPLATE = Path(tempfile.gettempdir()) / f"tincup-prepared-{RUN}"


def copy_to(folder: Path) -> Path:
    """Put `site.sqlite3`, and the stand-in's file beside it, into this folder. Gives the path of the site's."""
    with _alone():
        if not TEMPLATE.exists():
            _make()
        shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True)
    return folder / "site.sqlite3"


@contextmanager
def _alone() -> Iterator[None]:
    with Path(tempfile.gettempdir(), f"tincup-prepared-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make() -> None:
    atexit.register(_remove)
    making = TEMPLATE.with_suffix(".new")
    shutil.rmtree(making, ignore_errors=True)
    url = f"sqlite:///{making}/site.sqlite3"
    done = python("-m", "project.prepare", SECRET_KEY=SECRET_KEY, DEBUG="true", DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    making.rename(TEMPLATE)


def _remove() -> None:
    with _alone():
        shutil.rmtree(TEMPLATE, ignore_errors=True)
