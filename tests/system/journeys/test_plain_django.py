"""The way of any Django tutorial, in a clean copy of the tree: copy the example, migrate, runserver, give."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from project.env import BASE_DIR
from tests.project.running import free_port
from tests.system.journeys.donors import Donor
from tests.system.journeys.waiting import Within

pytestmark = pytest.mark.slow

# What a clone does not hold, at the top.
LEFT_BEHIND = {".git", ".venv", ".env", ".mypy_cache", ".hypothesis", "data", "staticfiles", "artifacts", "tests"}
# None of the site's variables: a newcomer has none.
PLAIN = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    shutil.copytree(
        BASE_DIR, folder, ignore=lambda path, names: LEFT_BEHIND & set(names) if path == str(BASE_DIR) else set()
    )
    shutil.copy(folder / ".env.example", folder / ".env")
    return folder


@contextmanager
def runserver(folder: Path, *arguments: str) -> Iterator[None]:
    """With its reloader, as people start it; both processes end with the test."""
    server = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", *arguments],
        cwd=folder,
        env=PLAIN,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(10)


def answers(address: str) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(address, timeout=10).ok
    return False


@pytest.mark.parametrize("where", ["as an argument", "in .env"])
def test_a_newcomer_gives_without_make(clone: Path, where: str) -> None:
    port = str(free_port())
    if where == "in .env":
        with (clone / ".env").open("a") as file:
            file.write(f"PORT={port}\n")
    migrated = subprocess.run(
        [sys.executable, "manage.py", "migrate"], cwd=clone, env=PLAIN, capture_output=True, text=True, timeout=120
    )
    assert migrated.returncode == 0, migrated.stderr
    assert migrated.stderr == ""

    address = f"http://localhost:{port}"
    with runserver(clone, *([port] if where == "as an argument" else [])), Donor(address) as donor:
        soon = Within(60)
        soon.see(lambda: answers(address), "the site answers")
        assert requests.get(f"{address}/readyz", timeout=10).text == "ready\n"
        back = donor.pays(donor.opens_the_form().gives("20").headers["Location"]).headers["Location"]
        (session,) = parse_qs(urlsplit(back).query)["session_id"]
        # Told by the stand-in's event, which the threads in the background deliver: nobody has opened the success page.
        stats = f"{address}/api/stats/"
        soon.see(lambda: requests.get(stats, timeout=10).json()["raised"] == "20.00", "the gift in the public total")
        assert back.startswith(f"{address}/success")
        assert donor.is_told(session).endswith("It’s in the book.")
