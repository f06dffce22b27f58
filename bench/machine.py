"""Processes of one measurement: servers with an environment of their own, and what the machine is."""

from __future__ import annotations

import os
import platform
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECRET = "whsec_bench"


@dataclass(frozen=True)
class Server:
    """A server that answers; `started` is the seconds from its start to the first byte of its first page."""

    port: int
    process: subprocess.Popen[bytes]
    started: float

    def memory(self) -> float:
        """Resident memory in MiB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise ProcessLookupError(self.process.pid)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def environment(database: str, port: int, **more: str) -> dict[str, str]:
    """Of a site without debugging, whose Stripe answers with what `bench.stripe` says."""
    return os.environ | {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "false",
        "SANDBOX": "false",
        # All donors come from one address.
        "SHIELD": "off",
        "PORT": str(port),
        "SITE_URL": f"http://localhost:{port}",
        "EMAIL_URL": "dummymail://",
        "STRIPE_SECRET_KEY": "sk_test_bench",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATABASE_URL": database,
        **more,
    }


@contextmanager
def serving(variables: dict[str, str], module: str = "project.serve", first: str = "/") -> Iterator[Server]:
    """The server of this module, once it has answered for the page `first`."""
    port = int(variables["PORT"])
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, env=variables, stdout=subprocess.DEVNULL,
                               stderr=None if os.environ.get("BENCH_LOG") else subprocess.DEVNULL)  # fmt: skip
    try:
        yield Server(port, process, _first_byte(process, port, first, begun))
    finally:
        process.terminate()
        process.wait(60)


def _first_byte(process: subprocess.Popen[bytes], port: int, path: str, begun: float) -> float:
    while time.perf_counter() - begun < 60:
        try:
            connection = HTTPConnection("localhost", port, timeout=60)
            connection.request("GET", path)
            status = connection.getresponse().status
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.005)
            continue
        assert status == 200, f"{path} answers {status}"
        return time.perf_counter() - begun
    raise RuntimeError(f"the server of {path} did not start: BENCH_LOG=1 shows what it says")


def described() -> str:
    """The machine in one line, without its name."""
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())  # fmt: skip
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB; {system}"
