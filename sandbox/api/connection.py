"""Resets the TCP connection of a request, for which WSGI has no word: each server shows its socket elsewhere."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

Environ = dict[str, Any]

# Closing discards what was not sent, and the peer gets RST instead of FIN.
_NO_LINGER = struct.pack("ii", 1, 0)


def disconnected(environ: Environ) -> bool:
    """Whether the client has gone, where the server can tell."""
    check: Callable[[], bool] | None = environ.get("waitress.client_disconnected")
    return check is not None and check()


def reset(environ: Environ) -> bool:
    """Reset the connection at once; False if the server does not show its socket."""
    if "waitress.client_disconnected" in environ:
        return _reset_waitress(environ["waitress.client_disconnected"].__self__)
    # Django's server: its input is a limited view of the socket's buffered reader.
    reader = getattr(getattr(environ.get("wsgi.input"), "_read", None), "__self__", None)
    try:
        descriptor: int = reader.fileno() if reader is not None else -1
    except OSError:
        return False
    return descriptor >= 0 and _reset_descriptor(descriptor)


def _reset_waitress(channel: Any) -> bool:
    """waitress' own thread watches the socket, so that thread must close it."""
    try:
        channel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    except OSError:
        return True  # The client was quicker.
    channel.will_close = True
    channel.server.pull_trigger()
    deadline = time.monotonic() + 5
    while channel.connected and time.monotonic() < deadline:
        time.sleep(0.001)
    return True


def _reset_descriptor(descriptor: int) -> bool:
    """Django's server reads and closes the descriptor in this very thread: it shall find a closed connection there."""
    closed, peer = socket.socketpair()
    peer.close()
    with closed:
        with socket.socket(fileno=os.dup(descriptor)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        # The last descriptor of the connection is closed here, which resets it.
        os.dup2(closed.fileno(), descriptor, inheritable=False)
    return True
