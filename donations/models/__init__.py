"""The tables. Invariants are UNIQUE and CHECK constraints: a lock that SQLite ignores protects nothing."""

from donations.models.chore import Chore
from donations.models.donation import SHOWN, Donation, Flag
from donations.models.ledger import (
    AppendOnly,
    AppendOnlyModel,
    AppendOnlyQuerySet,
    BalanceTransaction,
    LedgerEntry,
    Total,
)
from donations.models.offline import OfflineGift
from donations.models.once import insert_once
from donations.models.payout import PaidOut, Payout
from donations.models.refund import RefundRequest
from donations.models.stripe import Case, StripeEvent, StripeRef

__all__ = [
    "SHOWN",
    "AppendOnly",
    "AppendOnlyModel",
    "AppendOnlyQuerySet",
    "BalanceTransaction",
    "Case",
    "Chore",
    "Donation",
    "Flag",
    "LedgerEntry",
    "OfflineGift",
    "PaidOut",
    "Payout",
    "RefundRequest",
    "StripeEvent",
    "StripeRef",
    "Total",
    "insert_once",
]
