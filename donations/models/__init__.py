"""The tables. Invariants are UNIQUE and CHECK constraints: a lock that SQLite ignores protects nothing."""

from donations.models.donation import FOUND_BY, SHOWN, Donation, Flag, SearchWord, Words
from donations.models.erased import ErasedAddress
from donations.models.gift_sums import GiftSums, fold, sums_of
from donations.models.ledger import (
    AppendOnly,
    AppendOnlyModel,
    AppendOnlyQuerySet,
    BalanceTransaction,
    LedgerEntry,
    Total,
)
from donations.models.offline_donation import OfflineGift
from donations.models.payout import PaidOut, Payout
from donations.models.receipt import Receipt, ReceiptCounter
from donations.models.scheduled_job import Chore
from donations.models.shield import Alarm, Opening, Shield
from donations.models.site_identity import SiteIdentity
from donations.models.stripe_key import StripeKey
from donations.models.stripe_objects import Case, RefundRequest, StripeEvent, StripeRef
from donations.models.subscription import Invoice, StopRequest, Subscription, booked_by, payments_of, sources_of
from donations.models.wall import Level, Message, Sponsor, Standing
from lib.database.rows import insert_once

__all__ = [
    "FOUND_BY",
    "SHOWN",
    "Alarm",
    "AppendOnly",
    "AppendOnlyModel",
    "AppendOnlyQuerySet",
    "BalanceTransaction",
    "Case",
    "Chore",
    "Donation",
    "ErasedAddress",
    "Flag",
    "GiftSums",
    "Invoice",
    "LedgerEntry",
    "Level",
    "Message",
    "OfflineGift",
    "Opening",
    "PaidOut",
    "Payout",
    "Receipt",
    "ReceiptCounter",
    "RefundRequest",
    "SearchWord",
    "Shield",
    "SiteIdentity",
    "Sponsor",
    "Standing",
    "StopRequest",
    "StripeEvent",
    "StripeKey",
    "StripeRef",
    "Subscription",
    "Total",
    "Words",
    "booked_by",
    "fold",
    "insert_once",
    "payments_of",
    "sources_of",
    "sums_of",
]
