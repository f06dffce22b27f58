"""A mail server that refuses, hangs, drips, hangs up or kills its client, as it is told."""

from __future__ import annotations

import os
import signal
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

GOOD = {
    "HELLO": "220 post office",
    "EHLO": "250 at your service",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "LETTER": "250 taken",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """An e-mail as it came over the line."""

    envelope_from: str
    envelope_to: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])


class PostOffice(socketserver.ThreadingTCPServer):
    """`on` says what happens at a stage of the dialogue (see GOOD): another answer, or hang, drip, drop or kill.

    An e-mail is delivered when it has come to its end and the answer is not a refusal: also when there is no answer.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.on: dict[str, str] = {}
        self.victim = 0  # whom "kill" kills
        self.delay = 0.0  # seconds before a letter is taken
        self.delivered: list[Taken] = []
        self.dialogues = 0
        self.closing = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def times(self) -> Counter[str]:
        """How often each address was written to."""
        return Counter(letter.envelope_to[0] for letter in self.delivered)


class _Dialogue(socketserver.StreamRequestHandler):
    server: PostOffice

    def handle(self) -> None:
        self.server.dialogues += 1
        self.sender, self.recipients = "", list[str]()
        with suppress(ConnectionError):
            going = self._answer("HELLO")
            while going and (line := self.rfile.readline()):
                words = line.decode().strip()
                verb = words.split(" ")[0].upper()
                if verb == "MAIL":
                    self.sender = words.partition(":")[2].split(">")[0].strip(" <")
                if verb == "RCPT":
                    self.recipients.append(words.partition(":")[2].strip(" <>"))
                going = self._answer(verb) and verb != "QUIT"
                if going and verb == "DATA" and "DATA" not in self.server.on:
                    going = self._take_letter()

    def _take_letter(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.server.closing.wait(self.server.delay)
        if self.server.on.get("LETTER", "250")[0] not in "45":
            self.server.delivered.append(Taken(self.sender, self.recipients, b"".join(lines)))
        return self._answer("LETTER")

    def _answer(self, stage: str) -> bool:
        """Whether the dialogue goes on."""
        answer = self.server.on.get(stage) or GOOD.get(stage, "502 what?")
        match answer:
            case "drop":
                return False
            case "kill":
                os.kill(self.server.victim, signal.SIGKILL)
                return False
            case "hang":
                self.server.closing.wait(30)
                return False
            case "drip":
                end = time.monotonic() + 30
                while time.monotonic() < end and not self.server.closing.wait(0.1):
                    self.wfile.write(b"2")
                return False
        self.wfile.write(f"{answer}\r\n".encode())
        return not answer.startswith("421")


@contextmanager
def running() -> Iterator[PostOffice]:
    server = PostOffice()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
