"""What a check found: one line, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"  # not fit for the public, or soon a fault
    ERROR = "error"  # money or data may be lost, or the site does not do its work


@dataclass(frozen=True, slots=True)
class Finding:
    """`remedy` is one line that says what to do; empty when all is well."""

    name: str
    level: Level
    message: str
    remedy: str = ""


def good(name: str, message: str) -> Finding:
    return Finding(name, Level.OK, message)


def warning(name: str, message: str, remedy: str) -> Finding:
    return Finding(name, Level.WARNING, message, remedy)


def fault(name: str, message: str, remedy: str) -> Finding:
    return Finding(name, Level.ERROR, message, remedy)
