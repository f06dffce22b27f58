"""What a look at the site's surroundings brings: each thing in one line, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    GOOD = "good"
    LOOK = "look"  # nothing is broken: somebody should have a look, or decide
    BAD = "bad"  # gifts are lost, late or refused until it is mended


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what is so, and what to do about it."""

    name: str
    level: Level
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (f"{self.level:<4}  {self.name}: {self.message}", self.remedy)))
