"""What a reconciliation found: for the treasurer to read, and for programs as data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from donations.domain.subscription import InvoiceTold
from lib import money


class DiscrepancyKind(StrEnum):
    """What is wrong; the values are kept in results and shown to the treasurer."""

    MISSING_HERE = "missing here"
    MISSING_AT_STRIPE = "missing at Stripe"
    TWICE_AT_STRIPE = "twice at Stripe"
    AMOUNT = "amount"
    SETTLED_AMOUNT = "settled amount"
    OTHER_DONATION = "another gift"
    MONTHLY_TOTAL = "running total"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One place where the books do not agree; `ours` and `stripes` in words for the treasurer."""

    kind: DiscrepancyKind
    reference: str
    ours: str
    stripes: str
    # Stripe's type of the transaction, or the kind of our row.
    of: str = ""

    def __str__(self) -> str:
        what = f"{self.kind} ({self.of})" if self.of else self.kind
        return f"{what}: {self.reference}: ours {self.ours or '-'}, Stripe's {self.stripes or '-'}"


@dataclass(frozen=True, slots=True)
class FormerAccount:
    """What was proved of an account that an earlier key opened: `unproved` rows came after its book was copied."""

    account: str
    compared: int
    unproved: int
    copied_at: datetime | None

    def __str__(self) -> str:
        until = f" until {self.copied_at:%Y-%m-%d %H:%M} UTC" if self.copied_at else ""
        return f"Former {self.account}{until}: {self.compared} rows compared, {self.unproved} not to be proved here."


@dataclass(slots=True)
class ReconciliationResult:
    """`compared` rows agree but for the discrepancies.

    By settlement currency, `others` is other sellers' money, and `besides` what is nobody's gift: payouts, Stripe's
    own bills.
    """

    # The account of the present key, whose book this is; empty while nobody has asked for it.
    account: str = ""
    compared: int = 0
    young: int = 0
    former: list[FormerAccount] = field(default_factory=list)
    discrepancies: list[Discrepancy] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    besides: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def agree(self) -> bool:
        return not self.discrepancies

    def add_unbooked(self, charges: Iterable[InvoiceTold], until: datetime) -> None:
        """Paid charges of subscriptions that the ledger lacks; those paid after `until` are too young to be missed."""
        for each in charges:
            if each.paid_at and each.paid_at > until:
                self.young += 1
                continue
            theirs = shown(each.paid, each.currency)
            self.discrepancies.append(Discrepancy(DiscrepancyKind.MISSING_HERE, each.id, "", theirs, "invoice"))

    def as_data(self) -> dict[str, Any]:
        """What is kept of it: counts, and every discrepancy, as plain JSON."""
        former = [asdict(each) | {"copied_at": each.copied_at and each.copied_at.isoformat()} for each in self.former]
        return {
            "account": self.account,
            "former": former,
            "compared": self.compared,
            "young": self.young,
            "discrepancies": [asdict(discrepancy) for discrepancy in self.discrepancies],
        }

    def __str__(self) -> str:
        lines = [f"{self.compared} rows compared, {self.young} too young, {len(self.discrepancies)} differences."]
        if self.account:
            lines[0] = f"{self.account}: {lines[0]}"
        lines += [f"  {account}" for account in self.former]
        lines += [f"  {discrepancy}" for discrepancy in self.discrepancies]
        for currency, amount in sorted(self.others.items()):
            lines.append(f"  Not ours, on the same account: {shown(amount, currency)}")
        for currency, amount in sorted(self.besides.items()):
            lines.append(f"  Payouts and Stripe's own bills: {shown(amount, currency)}")
        return "\n".join(lines)


def differences(data: dict[str, Any] | None) -> int | None:
    """How many discrepancies a kept result (`as_data`) holds; None when nothing is kept."""
    return len(data["discrepancies"]) if data else None


def shown(amount: int, currency: str) -> str:
    """An amount in minor units for the treasurer; a currency that we do not know is left as Stripe says it."""
    return money.display(amount, currency, "en") if money.known(currency) else f"{amount} {currency}"
