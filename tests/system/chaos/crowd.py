"""Hundreds of lives on a few threads: a life is a generator that yields how many seconds it waits before it goes on."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
import traceback
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Self

Life = Generator[float, None, None]


class Crowd:
    def __init__(self, threads: int, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._waiting: list[tuple[float, int, Life]] = []
        self._number = itertools.count()
        self._alive = 0
        self._closed = False
        self._changed = threading.Condition()
        for _ in range(threads):
            threading.Thread(target=self._work, name="crowd", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def add(self, life: Life, after: float = 0) -> None:
        """Begin this life after some seconds."""
        with self._changed:
            self._alive += 1
            self._put(life, after)

    def is_over(self) -> bool:
        """Whether every life has come to its end."""
        with self._changed:
            return self._alive == 0

    def _put(self, life: Life, after: float) -> None:
        heapq.heappush(self._waiting, (time.monotonic() + after, next(self._number), life))
        self._changed.notify()

    def _work(self) -> None:
        while life := self._next():
            try:
                pause = next(life, None)
            except Exception:
                self._complain(f"a life ended in an error:\n{traceback.format_exc()}")
                pause = None
            with self._changed:
                if pause is None:
                    self._alive -= 1
                else:
                    self._put(life, pause)

    def _next(self) -> Life | None:
        """The life whose time has come first; None when the run is over."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                if self._waiting and self._waiting[0][0] <= now:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(self._waiting[0][0] - now if self._waiting else None)
        return None
