"""Python processes for tests, started in a fraction of the time that Python takes: see fork_server.py."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import IO, TextIO

from project.env import BASE_DIR


@functools.cache
def _server() -> socket.socket:
    """One for all of this process's life."""
    ours, its = socket.socketpair()
    with its:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.project.fork_server", str(its.fileno())],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[its.fileno()],
        )
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


class Process:
    """`python ARGUMENTS` in the project's folder, with exactly these variables; what tests need of a `Popen`.

    Its output is a pipe; its errors go to the file, or with None to where its output goes.
    """

    def __init__(self, arguments: Sequence[str], variables: Mapping[str, str], errors: IO[str] | None) -> None:
        self.returncode: int | None = None
        self._reader: threading.Thread | None = None
        self._read = ""
        output, its_output = os.pipe()
        self._told, its_word = os.pipe()
        self.stdout: TextIO = os.fdopen(output)
        with tempfile.TemporaryFile("w+") as what:
            json.dump([arguments, str(BASE_DIR), dict(variables)], what)
            what.seek(0)
            files = [what.fileno(), its_output, errors.fileno() if errors else its_output, its_word]
            socket.send_fds(_server(), [b"."], files)
        for file in (its_output, its_word):
            os.close(file)
        self.pid = int(self._line())

    def _line(self) -> bytes:
        line = b""
        while (byte := os.read(self._told, 1)) not in {b"\n", b""}:
            line += byte
        return line

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, or the signal that ended it as a negative number; `TimeoutExpired` after so many seconds."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            self.returncode = int(self._line())
            os.close(self._told)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """Everything that it still prints until its end. As with a `Popen`, it lives on after `TimeoutExpired`."""
        if self._reader is None:
            self._reader = threading.Thread(target=self._read_all, daemon=True)
            self._reader.start()
        self._reader.join(timeout)
        if self._reader.is_alive():
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        self.wait(timeout)
        return self._read, None

    def _read_all(self) -> None:
        with self.stdout:
            self._read = self.stdout.read()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
