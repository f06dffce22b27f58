"""What django-axes asks us: whom a failed sign-in was about, where it came from, and what a locked-out visitor sees.

Failures are counted by address typed and address of the visitor together: whoever tries one donor's password from one
place is stopped there, and the donor can still sign in from another. The table holds a keyed digest instead of the
address, rows go when the lock ends, and nothing of it comes into the log.
"""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from lib.people.addresses import normalise
from limits.addresses import whence


def whom(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The digest of the address that was typed; our page and the admin's name it differently."""
    known = credentials or {}
    return _digest(str(known.get("email") or known.get("username") or ""))


def place(request: HttpRequest) -> str | None:
    """Where the visitor is. Of IPv6 the first address of the network: whoever has one has all of it."""
    network = whence(request).place
    return network.partition("/")[0] if "/" in network else None


def client(*args: Any) -> str:
    """What the log calls a visitor."""
    return "a visitor"


def page(request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """Too many tries: the same words whether or not the address has an account."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    answer = render(request, "accounts/locked.html", {"minutes": minutes}, status=429)
    answer["Retry-After"] = str(minutes * 60)
    answer["Cache-Control"] = "no-store"
    return answer


def forgive(email: str) -> None:
    """Whoever has proved the address by a letter starts anew, from wherever."""
    reset(username=_digest(email))


def sweep() -> int:
    """Delete the failures whose lock is over. Returns how many."""
    over = AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - settings.AXES_COOLOFF_TIME)
    count, _ = over.delete()
    return int(count)


def _digest(email: str) -> str:
    return salted_hmac("accounts.lockout", normalise(email), algorithm="sha256").hexdigest()
