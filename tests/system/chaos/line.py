"""The one address of the site, whichever of its processes are alive: connections go round robin, as bytes."""

from __future__ import annotations

import contextlib
import itertools
import selectors
import socket
import threading


class Line:
    """Carries every connection to the next of `ports` that accepts; with none alive the caller is cut off."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = ports
        self._turn = itertools.count()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        threading.Thread(target=self._accept, name="line", daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed: the run is over
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=[caller], daemon=True).start()

    def _carry(self, caller: socket.socket) -> None:
        with caller, contextlib.suppress(OSError):  # either end may die at any moment
            site = self._connect()
            if site is None:
                return
            with site, selectors.DefaultSelector() as ends:
                ends.register(caller, selectors.EVENT_READ, site)
                ends.register(site, selectors.EVENT_READ, caller)
                while True:
                    for ready, _ in ends.select():
                        if not (data := ready.fileobj.recv(65536)):  # type: ignore[union-attr]
                            return
                        ready.data.sendall(data)

    def _connect(self) -> socket.socket | None:
        first = next(self._turn)
        for place in range(len(self._ports)):
            with contextlib.suppress(OSError):
                port = self._ports[(first + place) % len(self._ports)]
                return socket.create_connection(("127.0.0.1", port), timeout=2)
        return None
