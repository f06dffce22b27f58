"""`python -m bench.client PORT FILE CONNECTIONS SECONDS PAUSE`: what `bench.load` does where wrk is not.

Threads of one process on plain sockets, which take apart no more of an answer than its length: several thousand
requests a second, so that the site stays what is slow. PAUSE is from the beginning of a request to the next (seconds).
"""

from __future__ import annotations

import json
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path


def main(port: int, file: str, connections: int, seconds: float, pause: float) -> None:
    requests = _cycled(read(Path(file)))
    lock = threading.Lock()
    taken: list[float] = []
    errors: list[bytes] = []
    begun = time.perf_counter()

    def client() -> None:
        connection = socket.create_connection(("localhost", port), timeout=60)
        while time.perf_counter() < begun + seconds:
            with lock:
                request = next(requests)
            asked = time.perf_counter()
            connection.sendall(request)
            status, closed = _answer(connection)
            taken.append(time.perf_counter() - asked)
            if status >= b"400":
                errors.append(status)
            if closed:
                connection = socket.create_connection(("localhost", port), timeout=60)
            if pause:
                time.sleep(max(0, asked + pause - time.perf_counter()))

    threads = [threading.Thread(target=client) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hundredths = statistics.quantiles(taken, n=100) if len(taken) > 1 else taken * 99
    print(json.dumps({
        "requests": len(taken), "seconds": time.perf_counter() - begun, "errors": len(errors),
        "p50": 1000 * hundredths[49], "p99": 1000 * hundredths[98],
    }))  # fmt: skip


def read(file: Path) -> list[bytes]:
    """The requests of a file, in which each stands behind its length in eight digits."""
    data, at, found = file.read_bytes(), 0, []
    while at < len(data):
        size = int(data[at : at + 8])
        found.append(data[at + 8 : at + 8 + size])
        at += 8 + size
    return found


def _cycled(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


def _answer(connection: socket.socket) -> tuple[bytes, bool]:
    """The status of the next answer, read to its end, and whether the server closes now."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, body = data.split(b"\r\n\r\n", 1)
    head = head.lower()
    size = int(head.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in head else 0
    while len(body) < size:
        body += _more(connection)
    return head[9:12], b"connection: close" in head


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise ConnectionError("the server closed in the middle of an answer")
    return received


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
