"""What we keep of a donor, as files to take along."""

from __future__ import annotations

import csv
import io
from typing import Any

from accounts.models import User
from donations.donors import history
from lib import money

# A spreadsheet would take a cell that begins with one of these for a formula, also after blanks.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")
COLUMNS = ("gift", "date", "status", "amount", "currency", "returned", "receipts", "name", "message", "public", "email")


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
            "last_login": user.last_login,
        },
        "gifts": [_gift(gift) for gift in history.gifts(user.pk)],
    }


def gifts_as_csv(user: User) -> str:
    """One line for each gift; UTF-8 with a mark at its beginning, for spreadsheets take it for something else."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for gift in history.gifts(user.pk):
        everything = _gift(gift)
        returned = -sum(entry.amount for entry in gift.entries.all() if entry.kind not in history.GIVEN)
        row = everything | {
            "date": everything["date"].isoformat(),
            "returned": money.plain(returned, gift.currency),
            "receipts": " ".join(str(move["receipt"]) for move in everything["movements"] if move["receipt"]),
            "public": "yes" if gift.public else "no",
        }
        writer.writerow([_cell(row[column]) for column in COLUMNS])
    return "\ufeff" + text.getvalue()


def _gift(gift: Any) -> dict[str, Any]:
    return {
        "gift": gift.pk,
        "reference": str(gift.uuid),
        "date": gift.at,
        "begun": gift.created_at,
        "status": gift.status,
        "amount": money.plain(gift.amount, gift.currency),
        "currency": gift.currency,
        "name": gift.name,
        "email": gift.email,
        "message": gift.message,
        "public": gift.public,
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


def _cell(value: Any) -> str:
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
