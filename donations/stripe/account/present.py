"""Finds out which account the present key opens: once for each key, before anything is proved by it."""

from __future__ import annotations

import logging
from collections.abc import Set as AbstractSet

from django.db import transaction

from donations.ledger import accounts
from donations.ledger.accounts import BEFORE, Account
from donations.models import LedgerEntry, StripeKey, insert_once
from donations.models.stripe_key import present_key
from donations.stripe import client
from donations.stripe.account import calls
from donations.stripe.errors import NotFound, Refused

log = logging.getLogger(__name__)


def learn() -> Account:
    """The account of the key that is set now, asked of Stripe if nobody has yet. Raises StripeUnavailable or Refused.

    A restricted key may not be allowed to read its account. Then a payment of each earlier account is asked for: who
    knows it is the same account.
    """
    own = accounts.present()
    if own.name:
        return own
    told = _told()
    earlier = _earlier()
    same = next((each for each in earlier if each.name == told or (_in_doubt(each, told) and _holds(each))), None)
    for each in earlier:
        if each is not same:
            _write(each.name, each.keys)
    if same:
        # An id takes the place of a name that we made up.
        _write(told or same.name, same.keys | {present_key()})
    else:
        _write(told or f"{StripeKey.UNNAMED}{present_key()[:6]}", {present_key()})
    return accounts.present()


def _earlier() -> list[Account]:
    """The accounts of earlier keys; that of what is older than marks, which nobody has found out, among them."""
    known = accounts.former()
    if any(BEFORE in each.keys for each in known) or not _payments(frozenset({BEFORE})):
        return known
    if known:
        # Whoever upgraded with a key has proved these rows by it.
        known[0] = Account(known[0].name, known[0].keys | {BEFORE})
        return known
    return [Account(f"{StripeKey.UNNAMED}before", frozenset({BEFORE}))]


def _told() -> str:
    try:
        return str(calls.account()["id"])
    except Refused as error:
        log.warning("the key may not read its own account (%s)", error)
        return ""


def _in_doubt(account: Account, told: str) -> bool:
    return not told or account.name.startswith(StripeKey.UNNAMED)


def _holds(account: Account) -> bool:
    """Whether the present key opens the account that holds the latest payment of this one."""
    for payment in _payments(account.keys):
        try:
            client.retrieve(payment)
        except NotFound:
            return False
        return True
    return False


def _payments(keys: frozenset[str]) -> list[str]:
    paid = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.PAYMENT, donation__stripe_key__in=keys)
    return list(paid.order_by("-id").values_list("source", flat=True)[:1])


def _write(name: str, keys: AbstractSet[str]) -> None:
    with transaction.atomic():
        for mark in sorted(keys):
            insert_once(StripeKey(mark=mark, account=name))
        StripeKey.objects.filter(mark__in=keys).update(account=name)
