"""The server: `python -m project.serve`.

waitress, driven by our own loop. Its command line loses the requests in flight when it is told to stop, and a client
that sends one byte a second holds a connection for ever; the loop below drains and reaps. It leans on
waitress' internals (a channel's `request`, `requests`, `total_outbufs_len`, `will_close`): hence the exact pin.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import os
import resource
import signal
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from waitress import wasyncore
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, create_server

from project.env import refuse
from project.server.channel import Channel, Refusal, channel_class

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Limits:
    """What one client may take of the server. Times are seconds, sizes are bytes."""

    # More than the outgoing calls that may run at once, so that a site which calls itself cannot lock itself up.
    threads: int = 32
    connections: int = 4000
    body: int = 2 * 2**20
    headers: int = 32 * 2**10
    silence: int = 20
    # From a request's first byte to its last.
    receive: float = 10
    # How long what still comes is read after a refusal.
    linger: float = 2
    # How long a stop waits for the requests in flight.
    drain: float = 25


def listen(port: int, *, everywhere: bool) -> list[socket.socket]:
    """Sockets on IPv4 and, where the machine has it, IPv6: `localhost` means ::1 first to many clients."""
    addresses = [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")]  # noqa: S104 the site is meant to be reached
    if not everywhere:
        addresses = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    sockets = []
    for family, address in addresses:
        try:
            # Clients that come before the application is loaded wait in the backlog.
            sockets.append(socket.create_server((address, port), family=family, backlog=1024))
        except OSError as error:
            if family == socket.AF_INET6 and error.errno in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}:
                continue
            if error.errno == errno.EADDRINUSE:
                refuse("PORT", f"{port} is already in use: stop what runs there, or choose another.")
            refuse("PORT", f"{port} cannot be listened on: {os.strerror(error.errno or 0)}.")
    return sockets


def connections_allowed(wanted: int) -> int:
    """Raises the limit of open files for `wanted` connections; returns how many it really has room for."""
    reserve = 512  # databases (a few files for each thread), templates, outgoing calls
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = wanted + reserve
    if soft != resource.RLIM_INFINITY and soft < enough:
        soft = enough if hard == resource.RLIM_INFINITY else min(enough, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, max(soft - reserve, soft // 2))


def few_heaps() -> None:
    """glibc would give each thread a heap of its own, and keep in all of them what only one needs: a third of all.

    Two are enough, for one thread at a time runs Python. To be called before there are threads.
    """
    most_arenas = -8  # M_ARENA_MAX in <malloc.h>
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(most_arenas, 2)


class Server:
    """waitress' sockets, threads and parser under a loop of our own."""

    def __init__(
        self,
        application: WSGIApplication,
        sockets: list[socket.socket],
        *,
        behind_proxy: bool,
        limits: Limits | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        self.limits = limits or Limits()
        # waitress keeps every socket of the server in this map; its type stubs take it for a map of plain sockets.
        self.map: Any = {}
        self.threads = create_server(
            application,
            map=self.map,
            sockets=sockets,
            threads=self.limits.threads,
            connection_limit=connections_allowed(self.limits.connections),
            max_request_body_size=self.limits.body,
            max_request_header_size=self.limits.headers,
            channel_timeout=self.limits.silence,
            cleanup_interval=5,
            # select() cannot see file numbers above 1023.
            asyncore_use_poll=True,
            ident=None,
            # Django counts the proxies (middleware.trusted_proxies); without one, nobody may claim any.
            clear_untrusted_proxy_headers=not behind_proxy,
        ).task_dispatcher
        connections = channel_class(refusal)
        for listener in self._all(BaseWSGIServer):
            listener.channel_class = connections
        self.stopped_at: float | None = None
        self.begun: dict[HTTPRequestParser, float] = {}
        self.reaped_at = 0.0

    def run(self) -> None:
        """Serve until `stop`, then finish what is in flight."""
        while self.stopped_at is None:
            self._turn(1)
        # Not their own close(): it would also close the pipe that wakes the loop for an answer that is ready.
        for listener in self._all(BaseWSGIServer):
            wasyncore.dispatcher.close(listener)
        self._turn(0)  # reads what has reached us already
        while self._in_flight() and time.monotonic() - self.stopped_at < self.limits.drain:
            self._turn(0.05)
        self.threads.shutdown(timeout=1)

    def stop(self, *_signal: object) -> None:
        """Begin the drain. Safe in a signal handler, and safe to repeat: make and a shell may both pass a signal on."""
        if self.stopped_at is None:
            self.stopped_at = time.monotonic()
            for listener in self._all(BaseWSGIServer):
                listener.pull_trigger()

    def _turn(self, timeout: float) -> None:
        wasyncore.loop(timeout=timeout, use_poll=True, map=self.map, count=1)
        now = time.monotonic()
        if now - self.reaped_at > min(1, self.limits.receive):
            self.reaped_at = now
            self._reap(now)

    def _reap(self, now: float) -> None:
        """Close connections whose request is not complete in time; waitress' own clock restarts at every byte."""
        begun = {}
        for channel in self._all(Channel):
            if channel.lingering_since is not None and now - channel.lingering_since > self.limits.linger:
                channel.will_close = True
            if channel.request is not None and not channel.requests:
                begun[channel.request] = since = self.begun.get(channel.request, now)
                if now - since > self.limits.receive:
                    channel.will_close = True
        self.begun = begun

    def _in_flight(self) -> bool:
        """Whether a request is being received, handled or answered. Connections between two requests are closed."""
        working = False
        for channel in self._all(Channel):
            if channel.request is not None or channel.requests or channel.total_outbufs_len:
                working = True
            else:
                channel.will_close = True
        return working

    def _all(self, kind: type[Kind]) -> list[Kind]:
        return [item for item in list(self.map.values()) if isinstance(item, kind)]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    from django.conf import settings

    few_heaps()
    sockets = listen(settings.PORT, everywhere=not settings.DEBUG)
    # Only now: this starts the background threads, which must not run beside a server that holds the port already.
    from project.server.refusals import refusal
    from project.wsgi import application

    # It warns of every request that waits for a thread: at a busy moment the log would be the load.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = Server(application, sockets, behind_proxy=settings.TRUSTED_PROXIES > 0, refusal=refusal)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.stop)
    practice = " (sandbox: no real money moves)" if settings.SANDBOX else ""
    print(f"Tincup is at {settings.SITE_URL}{practice}", flush=True)  # noqa: T201 the one line for whoever started it
    server.run()


if __name__ == "__main__":
    main()
