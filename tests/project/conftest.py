"""The whole site as a process of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.project import prepared
from tests.project.running import SECRET_KEY, Running, free_port, python, running


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts `python -m project.serve` on a fresh SQLite file, with these variables."""
    with contextlib.ExitStack() as stack:
        database = prepared.copy_to(tmp_path)

        def start(**variables: str) -> Running:
            port = free_port()
            variables = {
                "SECRET_KEY": SECRET_KEY,
                "PORT": str(port),
                "DATABASE_URL": f"sqlite:///{database}",
            } | variables
            done = python("-m", "project.prepare", **variables)
            assert done.returncode == 0, done.stderr
            return stack.enter_context(running("-m", "project.serve", port=port, **variables))

        yield start
