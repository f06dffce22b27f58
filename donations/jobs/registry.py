"""Scheduled jobs of the apps that stand above this one: they leave them here, for it does not know them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Result:
    """What a job has to tell: a text for people, and data where a program reads it."""

    text: str
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """`work` is done this often, in any process, and never twice at once."""

    label: Promise
    every: timedelta
    work: Callable[[], str | Result]


SCHEDULE: dict[str, Job] = {}


def add(slug: str, job: Job) -> None:
    """Have `job` done, and its result kept under `slug` (at most 40 characters; it must never change)."""
    SCHEDULE[slug] = job
