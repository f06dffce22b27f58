"""The tables. Invariants are UNIQUE and CHECK constraints: a lock that SQLite ignores protects nothing."""

from donations.models.chore import Chore
from donations.models.donation import SHOWN, Donation, Flag, Words
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
from donations.models.receipt import Receipt, ReceiptCounter
from donations.models.refund import RefundRequest
from donations.models.stripe import Case, StripeEvent, StripeRef
from donations.models.wall import Level, Message, Sponsor, Standing

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
    "Level",
    "Message",
    "OfflineGift",
    "PaidOut",
    "Payout",
    "Receipt",
    "ReceiptCounter",
    "RefundRequest",
    "Sponsor",
    "Standing",
    "StripeEvent",
    "StripeRef",
    "Total",
    "Words",
    "insert_once",
]
