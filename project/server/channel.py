"""A connection as waitress keeps it, with two laws of HTTP that it leaves to the application, and a way to say no.

Whoever made the answer, the application or waitress itself: one to HEAD, and a 204 or a 304, has no body. One that
came all the same would be taken for the beginning of the next answer on the connection: behind a proxy, another
visitor's. Like project.serve it leans on waitress' internals.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, Task, WSGITask

from lib.web import unknown_proxy

# The headers and the body with which a status is told to whom the application never meets.
Refusal = Callable[[int], tuple[list[tuple[str, str]], bytes]]


class Answer(Task):
    # Its stubs tell less than there is.
    request: Any
    channel: Any
    response_headers: Any

    @property
    def bodiless(self) -> bool:
        # Of a request that was not understood the method stands nowhere but in its first line; and where an application
        # broke, waitress answers to a request of its own.
        asked = self.channel.requests[0]
        lines = (getattr(asked, "first_line", b""), asked.header_plus.lstrip())
        return not self.has_body or any(line.startswith(b"HEAD ") for line in lines)

    def write(self, data: bytes) -> None:
        if not self.bodiless:
            super().write(data)
            return
        super().write(b"")
        self.content_bytes_written += len(data)

    def build_response_header(self) -> bytes:
        header: bytes = super().build_response_header()
        self.chunked_response = self.chunked_response and not self.bodiless  # nor the empty chunk at the end
        return header


class Served(Answer, WSGITask):
    """What the application answers."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        if self.channel.adj.clear_untrusted_proxy_headers and "HTTP_X_FORWARDED_FOR" in environ:
            unknown_proxy.note(environ.get("REMOTE_ADDR", ""))
        # Files pass `write` by, unless they say that there is nothing to send.
        environ["wsgi.file_wrapper"] = lambda file, size=32768: _File(self, file, size)
        return environ


class _File(ReadOnlyFileBasedBuffer):
    def __init__(self, answer: Answer, file: Any, block_size: int) -> None:
        super().__init__(file, block_size)
        self.answer = answer

    def prepare(self, size: int | None = None) -> int:
        return 0 if self.answer.bodiless else int(super().prepare(size))


def channel_class(refusal: Refusal | None) -> type[HTTPChannel]:
    """The class of a server's connections."""

    class Refused(Answer, ErrorTask):
        """What waitress answers to what it does not pass on: too long, too large, no HTTP; or an application broke."""

        def execute(self) -> None:
            if refusal is None:
                super().execute()
                return
            error = self.request.error
            self.status = f"{error.code} {error.reason}"
            headers, body = refusal(error.code)
            self.response_headers.extend(headers)
            self.set_close_on_finish()
            self.content_length = len(body)
            self.channel.lingers = True
            self.write(body)

    class Connection(Channel):
        task_class = Served
        error_task_class = Refused

    return Connection


class Channel(HTTPChannel):
    """A connection that is closed after a refusal is first heard out.

    Closing one on which something still comes resets it, and the browser shows that in the answer's place.
    """

    socket: Any
    lingers = False
    lingering_since: float | None = None

    def handle_close(self) -> None:
        if self.lingers and self.lingering_since is None and self.connected:
            self.lingering_since = time.monotonic()
            self.will_close = False
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                super().handle_close()
            return
        super().handle_close()

    def readable(self) -> bool:
        return self.lingering_since is not None or bool(super().readable())

    def handle_read(self) -> None:
        if self.lingering_since is None:
            super().handle_read()
            return
        try:
            self.recv(self.adj.recv_bytes)
        except OSError:
            super().handle_close()
