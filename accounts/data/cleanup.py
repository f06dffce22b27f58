"""What accounts leave behind, taken away by housekeeping."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from accounts import lockout
from accounts.emails import outbox
from accounts.models import User
from mail.models import Mail

# As long as the e-mails say: an account whose address nobody verified.
UNVERIFIED = timedelta(days=7)
LETTERS = timedelta(days=30)


def tidy() -> str:
    """Delete what nobody needs any more; says what it was."""
    now = timezone.now()
    unclaimed = User.objects.filter(
        verified_at__isnull=True, last_login__isnull=True, is_staff=False, date_joined__lt=now - UNVERIFIED
    ).filter(donation__isnull=True)
    users, _ = unclaimed.delete()
    old = Mail.objects.filter(kind__in=outbox.KINDS, next_at__isnull=True, created_at__lt=now - LETTERS)
    letters, _ = old.delete()
    waiting = Mail.objects.filter(kind=outbox.ADDRESS_CHANGED, state=Mail.State.WAITING).exists()
    told = 0 if waiting else User.objects.exclude(previous_email="").update(previous_email="")
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    failures = lockout.sweep()
    _empty_journal()
    return (
        f"{users} unverified accounts, {letters} letters about accounts, {told} former addresses, "
        f"{sessions} sessions and {failures} failed sign-ins deleted"
    )


def _empty_journal() -> None:
    """SQLite's journal keeps pages as they were, with the names of those who were erased, until it is written anew."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
