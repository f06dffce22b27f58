"""Which rows are of which Stripe account. A key that is set later may open another one, with a book of its own.

A donation stays in the account in which its page was made, and so do its refunds and disputes. What Stripe's book held
carries the key by which it was copied.
"""

from __future__ import annotations

from dataclasses import dataclass

from donations.models import StripeKey
from donations.models.stripe_key import present_key

BEFORE = ""  # the mark of what is older than marks


@dataclass(frozen=True, slots=True)
class Account:
    """A Stripe account: Stripe's id or another name for it, and the marks of the keys that opened it."""

    name: str
    keys: frozenset[str]


def present() -> Account:
    """The account of the key that is set now; its name is empty until Stripe has been asked."""
    own = present_key()
    known = _known()
    name = next((account for account, keys in known.items() if own in keys), "")
    keys = known.get(name, {own})
    # What is older than marks is this account's, unless it was found to be another's.
    nobodys = {BEFORE} if not any(BEFORE in keys for keys in known.values()) else set()
    return Account(name, frozenset(keys | nobodys))


def former() -> list[Account]:
    """The accounts that earlier keys opened, the oldest first."""
    own = present()
    return [Account(name, frozenset(keys)) for name, keys in _known().items() if name != own.name]


def holding(mark: str) -> Account:
    """The account that the key with this mark opened."""
    return next((each for each in former() if mark in each.keys), present())


def _known() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key in StripeKey.objects.all():
        found.setdefault(key.account, set()).add(key.mark)
    return found
