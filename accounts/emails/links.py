"""The links in our e-mails: for one purpose, one user and one state of theirs, for one hour.

Nothing of them is stored. A token is a keyed digest over what its use will change, so the first use ends it.
"""

from __future__ import annotations

from enum import Enum
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse

from accounts.models import User


class Purpose(Enum):
    """What a link is for; the value is the name of the page that it leads to."""

    VERIFY = "verify"
    RESET = "reset_password"
    NEW_ADDRESS = "confirm_email"


def state(purpose: Purpose, user: User) -> str:
    """What a token of this purpose is bound to, besides its time."""
    parts: list[object] = [purpose.value, user.pk, user.email, user.is_active]
    if purpose is Purpose.VERIFY:
        # Not the password: who registers again before opening the e-mail changes it, and the e-mail must still do.
        parts.append(user.verified_at)
    else:
        parts.append(user.password)
    if purpose is Purpose.NEW_ADDRESS:
        parts.append(user.new_email)
    return "|".join(str(part) for part in parts)


class _Tokens(PasswordResetTokenGenerator):
    """Django's generator (time-limited by PASSWORD_RESET_TIMEOUT, compared in constant time), over our state."""

    key_salt = "accounts.links"

    def __init__(self, purpose: Purpose) -> None:
        super().__init__()
        self.purpose = purpose

    def _make_hash_value(self, user: AbstractBaseUser, timestamp: int) -> str:
        return f"{state(self.purpose, cast('User', user))}|{timestamp}"


def make(purpose: Purpose, user: User) -> str:
    """The address of the page. The key stands in the query string, which the access log leaves out."""
    key = f"{user.pk}.{_Tokens(purpose).make_token(user)}"
    return f"{settings.SITE_URL}{reverse(purpose.value)}?{urlencode({'key': key})}"


def read(purpose: Purpose, key: str) -> User | None:
    """Whose link this is; None if it is not one of ours, too old, or used."""
    number, _, token = key.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    user = User.objects.filter(pk=int(number), is_active=True).first()
    return user if user and _Tokens(purpose).check_token(user, token) else None
