"""What Stripe holds in the end of subscriptions and invoices: the stand-in's own file, past its API and its moods."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

Body = dict[str, Any]


class StripesBook:
    def __init__(self, file: Path) -> None:
        self._file = file

    def subscription_of(self, session: str) -> str:
        """The subscription that was begun on this page."""
        ((body,),) = self._rows("SELECT body FROM sandbox_record WHERE stripe_id = ?", session)
        return str(json.loads(body)["subscription"])

    def subscriptions(self) -> list[Body]:
        return [json.loads(body) for (body,) in self._rows(OF_KIND, "subscription")]

    def invoices(self) -> dict[str, list[Body]]:
        """By the subscription that they are of."""
        found = defaultdict(list)
        for (body,) in self._rows(OF_KIND, "invoice"):
            invoice = json.loads(body)
            found[invoice["parent"]["subscription_details"]["subscription"]].append(invoice)
        return found

    def intents(self) -> list[str]:
        """Of all that paid an invoice, or was to."""
        return [name for (name,) in self._rows("SELECT payment_intent FROM sandbox_record WHERE invoice <> ''")]

    def movements(self) -> list[str]:
        """The ids of all balance transactions."""
        return [name for (name,) in self._rows("SELECT stripe_id FROM sandbox_record WHERE kind = ?", MOVEMENT)]

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._file, timeout=20)) as book:
            return book.execute(query, values).fetchall()


MOVEMENT = "balance_transaction"
OF_KIND = "SELECT body FROM sandbox_record WHERE kind = ? ORDER BY number"
