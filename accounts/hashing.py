"""How passwords are hashed: slowly, but never so many at once that the machine has no memory left for its visitors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher

AT_ONCE = 4  # 19 MiB each
# Those who hash and those who wait for it; well below the server's threads, so that pages are still served.
ADMITTED = 16
PATIENCE = 2.0  # seconds

Kind = TypeVar("Kind")

_admitted = threading.BoundedSemaphore(ADMITTED)
# Threads of their own: each thread that has hashed keeps the memory for its next hash.
_hands = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hashing")


class Busy(Exception):
    """Too many passwords are being hashed: whoever asked should ask again in a moment (accounts.throttle says so)."""


def _in_turn(hash: Callable[[], Kind]) -> Kind:
    if not _admitted.acquire(blocking=False):
        raise Busy
    try:
        turn = _hands.submit(hash)
        try:
            return turn.result(PATIENCE)
        except TimeoutError:
            if turn.cancel():
                raise Busy from None
            return turn.result()  # it is under way
    finally:
        _admitted.release()


class Argon2(Argon2PasswordHasher):
    """Argon2id as OWASP asks for it: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html.

    A hash with other parameters is renewed at the next sign-in. Raises Busy.
    """

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return _in_turn(partial(super().encode, password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        return _in_turn(partial(super().verify, password, encoded))
