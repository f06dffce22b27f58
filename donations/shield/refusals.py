"""Who was refused a moment ago: remembered in this process, so that a flood costs no look at the database each time."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

FOR = 1.0  # seconds
MANY = 10_000  # places; a larger flood is looked at anew

_refused: dict[str, Refusal] = {}


@dataclass(frozen=True, slots=True)
class Refusal:
    """`at` is a time in seconds, `wait` from then on. `own`: by the place's own limit, which nothing gets past."""

    at: float
    wait: int
    own: bool


def remember(place: str, wait: int, *, own: bool) -> None:
    """This place was refused just now."""
    if len(_refused) > MANY:
        _refused.clear()
    _refused[place] = Refusal(_now(), wait, own)


def recent(place: str) -> Refusal | None:
    """The refusal of the last second, if there was one."""
    found = _refused.get(place)
    return found if found and 0 <= _now() - found.at < FOR else None


def forget() -> None:
    """For tests."""
    _refused.clear()


def _now() -> float:
    return timezone.now().timestamp()
