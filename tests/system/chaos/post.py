"""A mail server that keeps what it takes, and has its bad hours."""

from __future__ import annotations

import contextlib
import random
import re
import socketserver
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from email import message_from_bytes, policy

LINK = re.compile(r"https?://\S+/monthly/\S+")
PRACTICE = "[Practice] "
MOODS = ("fine", "fine", "fine", "busy", "slow", "away")


@dataclass(frozen=True)
class Taken:
    at: float
    message_id: str
    to: str
    subject: str
    # The way to a monthly gift, where the letter has one.
    link: str = ""


class PostOffice:
    """Listens on `port` until closed. `mood` is one of MOODS and may change at any moment."""

    def __init__(self, seed: str) -> None:
        self.mood = "fine"
        self.taken: list[Taken] = []
        self.turned_away = 0
        self._chance = random.Random(seed)
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _dialogue_with(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="post", daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def refuses(self, when: str) -> bool:
        """At the greeting all are sent away while it is away; later on, some while it is busy."""
        refused = self.mood == "away" if when == "greeting" else self.mood == "busy" and self._chance.random() < 0.3
        self.turned_away += refused
        return refused

    def take(self, letter: bytes) -> None:
        message = message_from_bytes(letter, policy=policy.default)
        plain = message.get_body(("plain",))
        link = LINK.search(plain.get_content()) if plain else None
        # A long one begins on a line of its own.
        subject = message["Subject"].strip().removeprefix(PRACTICE)
        taken = Taken(time.time(), message["Message-ID"], message["To"], subject, link[0] if link else "")
        self.taken.append(taken)

    def by_recipient(self) -> dict[str, list[Taken]]:
        found = defaultdict(list)
        for letter in self.taken:
            found[letter.to].append(letter)
        return found

    def copies(self) -> Counter[str]:
        return Counter(letter.message_id for letter in self.taken)


def _dialogue_with(office: PostOffice) -> type[socketserver.StreamRequestHandler]:
    class Dialogue(socketserver.StreamRequestHandler):
        """As little of RFC 5321 as a client needs to get rid of an e-mail."""

        timeout = 30

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # the sender died
                self._talk()

        def _talk(self) -> None:
            if office.refuses("greeting"):
                self._say("421 closed for lunch")
                return
            self._say("220 post office")
            while line := self.rfile.readline():
                match line.split(maxsplit=1)[0].upper():
                    case b"RCPT" if office.refuses("recipient"):
                        self._say("451 try again later")
                    case b"DATA":
                        self._data()
                    case b"QUIT":
                        self._say("221 good-bye")
                        return
                    case _:
                        self._say("250 fine")

        def _data(self) -> None:
            self._say("354 go on")
            lines = []
            while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                lines.append(line.removeprefix(b"."))
            if office.mood == "slow":
                time.sleep(0.5)
            if not line:
                return  # the sender died in the middle: no e-mail
            if office.refuses("letter"):
                self._say("451 try again later")
                return
            # Taken before it is said: whoever dies in between sends it once more.
            office.take(b"".join(lines))
            self._say("250 taken")

        def _say(self, answer: str) -> None:
            self.wfile.write(f"{answer}\r\n".encode())

    return Dialogue
