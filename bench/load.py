"""One short round of requests against a server: by wrk if the machine has it, else by `bench.client`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

WRK = shutil.which("wrk")
CLIENT = "wrk, one thread" if WRK else "bench/client.py (wrk is not installed)"
SCRIPT = Path(__file__).with_name("requests.lua")


class Failed(Exception):
    """The server answered something else than what was asked for."""


class TooFew(Exception):
    """Requests that may be sent only once were used up."""


@dataclass(frozen=True)
class Round:
    """Times are in milliseconds."""

    rate: float  # requests a second
    p50: float
    p99: float


def raw(port: int, path: str, *, body: bytes = b"", headers: Sequence[str] = ()) -> bytes:
    """A whole HTTP request; one with a body is a POST. By the name in SITE_URL: any other is sent on."""
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", f"Host: localhost:{port}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def send(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float, once: bool = False, pause: float = 0,
    crowded: bool = False,
) -> Round:  # fmt: skip
    """Send these, one after the other and again from the first; `once`: it fails if there were too few of them.

    `pause` is from one request of a connection to its next, in seconds; `crowded`: to be sent away is an answer, too.
    Raises Failed and TooFew.
    """
    with NamedTemporaryFile(suffix=".requests") as file:
        write(file, requests)
        file.flush()
        told = _tell(port, file.name, connections, seconds, pause)
    # wrk looks at the first request before it begins.
    if once and told["requests"] + connections + 1 > len(requests):
        raise TooFew(f"{len(requests)} requests")
    if told["errors"] and not crowded:
        raise Failed(f"{told['errors']} of {told['requests']} answers were errors")
    return Round(told["requests"] / told["seconds"], told["p50"], told["p99"])


def write(file: IO[bytes], requests: Sequence[bytes]) -> None:
    """Each behind its length in eight digits."""
    file.writelines(b"%08d%b" % (len(request), request) for request in requests)


def _tell(port: int, file: str, connections: int, seconds: float, pause: float) -> dict[str, float]:
    if WRK and not pause:
        # wrk knows whole seconds only.
        options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}", "--timeout", "30", "-s", str(SCRIPT)]
        command = [WRK, *options, f"http://localhost:{port}/", "--", file]
    else:
        arguments = [str(port), file, str(connections), str(seconds), str(pause)]
        command = [sys.executable, "-m", "bench.client", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 90, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))
