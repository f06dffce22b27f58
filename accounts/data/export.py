"""What we keep of a donor, as files to take along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts.models import User
from donations.donors import history
from donations.donors.monthly import owners
from lib import csv_safety, money

COLUMNS = (
    "gift",
    "date",
    "status",
    "amount",
    "currency",
    "returned",
    "left",
    "receipts",
    "name",
    "name_at_stripe",
    "message",
    "public",
    "email",
    "frequency",
)


def everything(user: User) -> dict[str, Any]:
    """The account and all its gifts, with the movements of their money, in major units."""
    return {
        "account": {
            "email": user.email,
            "name": user.name,
            "address_verified": user.verified_at,
            "address_to_be_verified": user.new_email,
            "former_address": user.previous_email,
            "joined": user.date_joined,
            "language": user.language,
            "last_login": user.last_login,
        },
        "gifts": [_gift(gift) for gift in history.gifts(user.pk)],
        "subscriptions": [_subscription(each) for each in owners.ever_of_account(user.pk)],
    }


def gifts_as_csv(user: User, style: csv_safety.Style = csv_safety.INTERNATIONAL) -> Iterator[bytes]:
    """One line for each gift."""
    return csv_safety.written([COLUMNS, *(_line(gift) for gift in history.gifts(user.pk))], style)


def _subscription(subscription: Any) -> dict[str, Any]:
    return {
        "reference": str(subscription.uuid),
        "reference_at_stripe": subscription.stripe_id,
        "customer_at_stripe": subscription.customer,
        "amount": money.plain(subscription.amount, subscription.currency),
        "currency": subscription.currency,
        "frequency": subscription.frequency.value,
        "status": subscription.status,
        "since": subscription.created_at,
        "ends": subscription.ended_at or subscription.cancel_at,
    }


def _line(gift: Any) -> list[Any]:
    everything = _gift(gift)
    sums = history.fold_of(gift)
    line = everything | {
        "date": everything["date"].isoformat(),
        "amount": money.major(sums.given or gift.amount, sums.currency),
        "returned": money.major(sums.went_back, sums.currency),
        "left": money.major(sums.left, sums.currency),
        "receipts": " ".join(str(move["receipt"]) for move in everything["movements"] if move["receipt"]),
    }
    return [line[column] for column in COLUMNS]


def _gift(gift: Any) -> dict[str, Any]:
    sums = history.fold_of(gift)
    return {
        "gift": gift.pk,
        "reference": str(gift.uuid),
        "date": gift.at,
        "begun": gift.created_at,
        "status": gift.status,
        # What arrived, which may differ from what was asked; while nothing has, that.
        "amount": money.plain(sums.given or gift.amount, sums.currency),
        "currency": sums.currency,
        "left": money.plain(sums.left, sums.currency),
        "name": gift.name,
        "name_at_stripe": gift.payer_name,
        "email": gift.email,
        "message": gift.message,
        "public": gift.public,
        "frequency": gift.frequency,
        "movements": [
            {
                "kind": entry.kind,
                "date": entry.happened_at,
                "amount": money.plain(entry.amount, entry.currency),
                "currency": entry.currency,
                "reference_at_stripe": entry.source,
                "receipt": history.number_of(entry),
            }
            for entry in gift.entries.all()
        ],
    }
