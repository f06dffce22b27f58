"""How a call to Stripe can fail, told by what may be done about it."""

from __future__ import annotations


class StripeUnavailable(Exception):
    """Stripe did not say whether it acted (time-out, reset, 409, 429): ask again with the SAME idempotency key."""


class RateLimited(StripeUnavailable):
    """Too many calls are under way here, or Stripe limits our rate."""


class UnderWay(StripeUnavailable):
    """The first call with this idempotency key is still running: of a double click, the first one's."""


class Refused(Exception):
    """Stripe answered with an error and keeps that answer under the idempotency key: ask again with the NEXT one."""

    def __init__(self, status: int | None, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class NotFound(Refused):
    """There is no such object at Stripe."""


class BadSignature(Exception):
    """The payload was not signed by Stripe with one of our secrets, or too long ago."""


def told(status: int | None, code: str, message: str) -> StripeUnavailable | Refused:
    """The error that an answer of Stripe's stands for; without a status there was none."""
    if status == 429:
        return RateLimited(f"429 {code}")
    if status == 409:
        return UnderWay(f"409 {code}")
    # 2xx: the answer itself could not be read.
    if status is None or status < 300:
        return StripeUnavailable(f"{status} {code}")
    if status == 404 and code == "resource_missing":
        return NotFound(status, code, message)
    return Refused(status, code, message)


def in_words(error: StripeUnavailable | Refused) -> str:
    """What happened and what to do about it, for whoever ran a command. Asked again, Stripe refuses again."""
    if isinstance(error, Refused) and 400 <= (error.status or 0) < 500:
        return f"Stripe refused ({error}): `manage.py stripe_check` says what to mend"
    return f"Stripe did not answer ({error}): run this again"
