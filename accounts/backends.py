"""Who may sign in: whoever knows the password and has proved the address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts import throttle
from accounts.hashing import Busy
from accounts.models import User
from limits import buckets


class VerifiedBackend(ModelBackend):
    """Refuses an unverified account as it refuses a wrong password: by then the slow hash has run in either case.

    A stranger who has just registered somebody's address knows the password. An answer of its own would tell him
    whether the address had an account before.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        by_letter: bool = False,
        **kwargs: Any,
    ) -> User | None:
        """`by_letter`: whoever asks has come by the link in a letter to the address, and so is proving it now.

        Raises Exhausted and Busy, for every door alike.
        """
        taken = throttle.guess(request)
        try:
            user = super().authenticate(request, username=username, password=password, **kwargs)
        except Busy:
            buckets.give_back(*taken)
            raise
        if not isinstance(user, User) or not (user.may_sign_in or by_letter):
            return None
        buckets.give_back(*taken)
        if request is not None:
            _keep_session(request, user)
        return user


def _keep_session(request: HttpRequest, user: User) -> None:
    """A hash that was renewed just now would end the session of whoever typed the password once more."""
    here = getattr(request, "user", None)
    if here == user and here.password != user.password:
        update_session_auth_hash(request, user)
