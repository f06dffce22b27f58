"""HTTP answers that have to be there in time as a whole.

The time-outs of every library for HTTP are for the next piece: a server that sends a byte a second is waited for as
long as it likes. Here the answer has a deadline, from its first byte to its last.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _Hurried(io.RawIOBase):
    """A socket's bytes until the deadline; then TimeoutError. Between two pieces its own time-out counts as before."""

    def __init__(self, socket: Any, raw: Any, seconds: float) -> None:
        self.socket, self.raw = socket, raw
        self.patience: float | None = socket.gettimeout()
        self.deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self.socket.settimeout(left if self.patience is None else min(left, self.patience))
        count: int | None = self.raw.readinto(buffer)
        return count

    def close(self) -> None:
        self.raw.close()
        super().close()


def session(seconds: float) -> requests.Session:
    """In which an answer that is not there after so many seconds is a `requests.RequestException`."""
    made = requests.Session()
    for scheme in ("https://", "http://"):
        made.mount(scheme, _adapter(seconds))
    return made


def _adapter(seconds: float) -> HTTPAdapter:

    class Answer(HTTPResponse):
        def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp: Any = io.BufferedReader(_Hurried(sock, self.fp.detach(), seconds))

    class Connection(HTTPConnection):
        response_class = Answer

    class SecureConnection(HTTPSConnection):
        response_class = Answer

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(*args, **kwargs)
            manager.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}
            return manager

    return Adapter()
