"""The e-mails that accounts ask for, put into the outbox.

An e-mail's key names the user and five minutes of time, so that nobody's mailbox can be flooded by asking again and
again; and a digest of the state that its link will be bound to, so that a link that has died is followed by another.
For an address without an account a row is written all the same: asking must not take less time for strangers.
"""

from __future__ import annotations

import time

from django.utils.crypto import salted_hmac

from accounts.emails import links
from accounts.emails.links import Purpose
from accounts.models import User
from mail import outbox

VERIFY, KNOWN, RESET = "account-verify", "account-known", "account-reset"
NEW_ADDRESS, ADDRESS_CHANGED, PASSWORD_CHANGED = "account-new-address", "account-moved", "account-password"
KINDS = (VERIFY, KNOWN, RESET, NEW_ADDRESS, ADDRESS_CHANGED, PASSWORD_CHANGED)

AT_MOST_EVERY = 300  # seconds
NOBODY = 0  # stands for the user when there is none

_PURPOSES = {VERIFY: Purpose.VERIFY, RESET: Purpose.RESET, NEW_ADDRESS: Purpose.NEW_ADDRESS}


def enqueue(kind: str, user: User) -> None:
    """An e-mail of this kind to this user."""
    purpose = _PURPOSES.get(kind)
    outbox.enqueue(kind, _key(user.pk, links.state(purpose, user) if purpose else user.email))


def enqueue_decoy(kind: str, email: str) -> None:
    """What is written when there is nobody to write to."""
    outbox.enqueue(kind, _key(NOBODY, email))


def user_of(key: str) -> User | None:
    """The user that an e-mail's key names."""
    return User.objects.filter(pk=int(key.partition(".")[0]), is_active=True).first()


def prefix(user: User) -> str:
    """How the keys of all e-mails to this user begin."""
    return f"{user.pk}."


def _key(number: int, about: str) -> str:
    digest = salted_hmac("accounts.post", about, algorithm="sha256").hexdigest()[:16]
    return f"{number}.{int(time.time()) // AT_MOST_EVERY}.{digest}"
