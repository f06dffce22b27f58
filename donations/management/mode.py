"""For commands that book what Stripe says: not with a key of the other mode than the database's."""

from __future__ import annotations

from django.core.management.base import CommandError

from donations.ledger import mode


def hold() -> None:
    """Raises CommandError when the key does not fit the database."""
    try:
        mode.hold()
    except mode.WrongMode as error:
        raise CommandError(str(error)) from error
