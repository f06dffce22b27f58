"""A WSGI application under the product's own server, with limits from the command line.

    python -m tests.project.small_site PORT '{"receive": 1}' [behind-proxy]

`/` answers at once, `/sleep/1.5` after so many seconds, `/echo` with the body, `/environ` with what WSGI was told.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterable
from typing import Any

from project.serve import Limits, Server, listen


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    answer = b"here"
    if path.startswith("/sleep/"):
        time.sleep(float(path.removeprefix("/sleep/")))
        answer = b"awake"
    elif path == "/echo":
        answer = environ["wsgi.input"].read()
    elif path == "/environ":
        answer = json.dumps({name: value for name, value in environ.items() if isinstance(value, str)}).encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


if __name__ == "__main__":
    server = Server(
        application,
        listen(int(sys.argv[1]), everywhere=False),
        behind_proxy="behind-proxy" in sys.argv,
        limits=Limits(**json.loads(sys.argv[2])),
    )
    signal.signal(signal.SIGTERM, server.stop)
    print("ready", flush=True)
    server.run()
