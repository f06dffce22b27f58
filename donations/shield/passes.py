"""The way past a crowd: a ticket that counts once its holder has waited a minute, or once their browser has worked.

The work is a hash puzzle of our own: for each of PARTS parts a number is looked for whose SHA-256 begins with so many
zero bits. It takes a browser a fraction of a second, and somebody who wants thousands of pages as many of them.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from django.core import signing
from django.utils import timezone

from limits import buckets
from limits.buckets import Draw, Rate

SALT = "donations.shield.ticket"
WAIT = 60  # seconds
GOOD_FOR = timedelta(minutes=15)
PARTS = 8
BITS, BITS_IN_ALARM = 12, 14  # 32,768 and 131,072 hashes on average


class Way(Enum):
    """How somebody comes: without a ticket that counts, or having waited or worked for one."""

    NONE = auto()
    WAITED = auto()
    WORKED = auto()


@dataclass(frozen=True, slots=True)
class Ticket:
    """`text` is signed; `seed` is what the puzzle is about; `wait` is how many seconds it still takes."""

    text: str
    nonce: str
    bits: int
    wait: int

    @property
    def seed(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:24]

    @property
    def parts(self) -> int:
        return PARTS

    @property
    def once(self) -> Draw:
        """What is taken with it, so that it counts once."""
        return Draw(buckets.key("ticket", self.nonce), Rate(1, 1, GOOD_FOR))


def make(place: str, *, alarm: bool) -> Ticket:
    """A fresh ticket for whoever is at this place."""
    nonce, bits = secrets.token_hex(8), BITS_IN_ALARM if alarm else BITS
    made = int(timezone.now().timestamp())
    text = signing.Signer(salt=SALT).sign(f"{nonce}-{bits}-{made}-{place}")
    return Ticket(text, nonce, bits, WAIT)


def read(text: str, place: str) -> Ticket | None:
    """The ticket, if we gave it to this place within the last minutes."""
    try:
        nonce, bits, made, whose = signing.Signer(salt=SALT).unsign(text).split("-")
    except (signing.BadSignature, ValueError):
        return None
    age = int(timezone.now().timestamp()) - int(made)
    # A margin before the end: what marks it as used must outlive it.
    if whose != place or not 0 <= age < GOOD_FOR.total_seconds() - 10:
        return None
    return Ticket(text, nonce, int(bits), max(0, WAIT - age))


def way(ticket: Ticket | None, solution: str) -> Way:
    """What the ticket counts for now."""
    if ticket is None:
        return Way.NONE
    if solved(ticket, solution):
        return Way.WORKED
    return Way.NONE if ticket.wait else Way.WAITED


def solved(ticket: Ticket, solution: str) -> bool:
    """Whether `solution` is PARTS numbers, separated by commas, each of which solves its part of the puzzle."""
    numbers = solution.split(",")
    if len(numbers) != PARTS or len(solution) > 12 * PARTS:
        return False
    return all(_zeros(f"{ticket.seed}.{part}.{number}", ticket.bits) for part, number in enumerate(numbers))


def _zeros(text: str, bits: int) -> bool:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) >> (32 - bits) == 0
