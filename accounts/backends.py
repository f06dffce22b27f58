"""Who may sign in: whoever knows the password and has proved the address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User


class VerifiedBackend(ModelBackend):
    """Refuses an unverified account as it refuses a wrong password: by then the slow hash has run in either case.

    A stranger who has just registered somebody's address knows the password. An answer of its own would tell him
    whether the address had an account before.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        user = super().authenticate(request, username=username, password=password, **kwargs)
        return user if isinstance(user, User) and user.may_sign_in else None
