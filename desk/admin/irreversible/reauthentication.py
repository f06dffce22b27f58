"""Whether somebody signed in a moment ago: before money goes out, an old sign-in is asked for its password again."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any, cast

from django.contrib.auth import authenticate, user_logged_in
from django.contrib.auth.base_user import AbstractBaseUser
from django.dispatch import receiver
from django.http import HttpRequest

FOR = timedelta(minutes=15)
KEY = "signed_in_at"  # seconds since the epoch; of this session, not of the user's latest one elsewhere


@receiver(user_logged_in)
def _note(request: HttpRequest | None = None, **kwargs: Any) -> None:
    if request is not None and hasattr(request, "session"):
        request.session[KEY] = int(time.time())


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session's sign-in, or its last password, is younger than fifteen minutes."""
    return int(request.session.get(KEY, 0)) > time.time() - FOR.total_seconds()


def require(request: HttpRequest, password: str) -> bool:
    """Check the password of whoever is signed in; a right one makes the session fresh. Wrong ones count as tries.

    None at all is no try.
    """
    if not password:
        return False
    user = cast(AbstractBaseUser, request.user)
    if authenticate(request, username=user.get_username(), password=password) != user:
        return False
    request.session[KEY] = int(time.time())
    return True
