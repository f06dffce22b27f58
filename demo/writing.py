"""Writes a story down on both sides: as history at the stand-in, and by the site's own ways of booking.

The site books what the stand-in's objects say, as a webhook or `reconcile` would, so the books agree by themselves.
"""

from __future__ import annotations

import copy
import random
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from demo.story import Gift
from donations.domain import updates
from donations.domain.subscription import INTERVALS, EndedBy, Frequency
from donations.ledger import identity, offline_donations, subscription_emails
from donations.models import Donation, LedgerEntry, OfflineGift, Subscription, Words
from donations.stripe import balance_transactions, events, parsing, payouts
from lib import money
from mail import outbox
from sandbox import demo_history, demo_subscriptions
from sandbox.api.expand import expand
from sandbox.models import Record
from sandbox.objects.charge import Payer
from sandbox.router import ALIAS

BY = "demo_data"


def real_gifts() -> bool:
    """Whether this database holds a gift that neither this command nor the stand-in made."""
    if OfflineGift.objects.exclude(recorded_by=BY).exists():
        return True
    paid = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.PAYMENT).values_list("source", flat=True)
    known = set(Record.objects.filter(kind__in=["payment_intent", "invoice"]).values_list("stripe_id", flat=True))
    return any(source not in known for source in paid.iterator())


@transaction.atomic
@transaction.atomic(using=ALIAS)
def write(story: list[Gift], chance: random.Random, tell: Callable[[str], object] = lambda line: None) -> Counter[str]:
    """Write the gifts, a payout a week, and Stripe's book of it all; `tell` hears how far it is.

    Returns how many gifts met which fate.
    """
    made: Counter[str] = Counter()
    first = Record.objects.order_by("-number").values_list("number", flat=True).first() or 0
    for number, gift in enumerate(story, 1):
        made[gift.fate] += 1
        if number % 200 == 0:
            tell(f"{number} of {len(story)} gifts")
        _WAYS.get(gift.fate, _give)(gift, chance)
    tell("payouts, and Stripe's book of it all")
    now = timezone.now()
    week = story[0].at + timedelta(days=7)
    while week < now:
        demo_history.record_payout(int(week.timestamp()), settings.DONATION_CURRENCY)
        week += timedelta(days=7)
    _copy_stripes_book(first)
    return made


def _sum(gift: Gift, part: int = 1) -> int:
    """The gift, or a part of it, as a sum of the site's currency that Stripe could move, in minor units."""
    currency = settings.DONATION_CURRENCY
    return money.round_down(money.dollars(gift.amount, currency) // 100 // part, currency)


def _asked(gift: Gift, frequency: Frequency = Frequency.ONCE) -> Donation:
    """What the donor typed on the form."""
    return Donation.objects.create(
        amount=_sum(gift), frequency=frequency.value,
        currency=settings.DONATION_CURRENCY, name=gift.person.name, email=gift.person.email, message=gift.message,
        public=gift.person.public, words=_words(gift),
        created_at=gift.at - timedelta(seconds=90), expires_at=gift.at + timedelta(hours=2),
    )  # fmt: skip


def _words(gift: Gift) -> Words:
    """Messages have been read and are shown; those of the last day still wait for somebody."""
    return Words.SHOWN if gift.at < timezone.now() - timedelta(days=1) else Words.WAITING


def _metadata(donation: Donation) -> dict[str, str]:
    return {**identity.metadata(), "tincup_donation": str(donation.uuid)}


def _give(gift: Gift, chance: random.Random) -> None:
    donation = _asked(gift)
    if gift.fate == "abandoned":
        events.post(updates.abandoned(donation.uuid, gift.at))
        return
    paid = demo_history.record_payment(
        int(gift.at.timestamp()),
        donation.amount,
        donation.currency,
        payer=Payer(gift.person.email, gift.person.name or None),
        metadata=_metadata(donation),
        description=f"Donation to {settings.SITE_NAME}",
    )
    _book(paid.session, gift.at, "payment_intent.latest_charge")
    keys = [paid.session.payment_intent]
    later = min(gift.at + timedelta(days=chance.randint(1, 25)), timezone.now())
    if gift.fate in {"refunded", "partly_refunded"}:
        amount = _sum(gift, 1 if gift.fate == "refunded" else 2)
        refund = demo_history.record_refund(paid, int(later.timestamp()), amount, {"tincup_asked_by": BY})
        _book(refund, later)
        keys.append(refund.stripe_id)
    elif gift.fate in {"won", "lost", "disputed"}:
        _book(demo_history.record_dispute(paid, int(later.timestamp()), _status(gift, later)), later)
    # The addresses are invented: nobody gets an e-mail.
    outbox.cancel(keys, "demo data")


def _give_again(gift: Gift, chance: random.Random) -> None:
    """The first of many: each charge is a gift of its own."""
    frequency = Frequency.YEARLY if gift.fate == "yearly" else Frequency.MONTHLY
    donation = _asked(gift, frequency)
    fails = gift.fate in {"monthly_failed", "monthly_past_due"}
    session, begun = demo_subscriptions.begin(
        int(gift.at.timestamp()),
        donation.amount,
        donation.currency,
        payer=Payer(gift.person.email, gift.person.name or None),
        metadata=_metadata(donation),
        card=demo_subscriptions.FAILS_LATER if fails else demo_subscriptions.VISA,
        interval=INTERVALS[frequency],
    )
    now = timezone.now()
    stops = gift.fate == "monthly_stopped"
    until = min(gift.at + timedelta(days=chance.randint(100, 200)), now) if stops else now
    subscription = demo_subscriptions.live(
        begun,
        int(until.timestamp()),
        then_cancel=stops,
        then_pause=gift.fate == "monthly_paused",
        by=EndedBy.DONOR.value if stops else "",
    )
    _book(session, gift.at)
    _book(subscription, until)
    invoices = demo_subscriptions.invoices_of(subscription)
    for invoice in invoices:
        _book(invoice, until, "payments.data.payment.payment_intent")
    ours = Subscription.objects.filter(stripe_id=subscription.stripe_id)
    outbox.cancel(subscription_emails.keys(ours), "demo data")


def _status(gift: Gift, later: datetime) -> str:
    """First the bank waits for an answer (its deadline is two weeks), then it thinks about it for months."""
    age = timezone.now() - later
    if age < timedelta(days=75):
        return "needs_response" if age < timedelta(days=12) else "under_review"
    return "won" if gift.fate == "won" else "lost"


def _receive(gift: Gift, chance: random.Random) -> None:
    offline_donations.record(
        offline_donations.Received(
            form=uuid.uuid4(), amount=_sum(gift),
            currency=settings.DONATION_CURRENCY, method=chance.choice(("cheque", "transfer", "cash")),
            received_on=timezone.localtime(gift.at).date(), by=BY, name=gift.person.name, email=gift.person.email,
            public=gift.person.public,
        )
    )  # fmt: skip


def _book(record: Record, at: datetime, *paths: str) -> None:
    report = parsing.update_of(_whole(record, *paths), at=at)
    if report is not None:
        events.post(report)


# How a gift comes about, where it is no single one by card.
_WAYS = {
    "offline": _receive,
    "yearly": _give_again,
    "monthly": _give_again,
    "monthly_stopped": _give_again,
    "monthly_paused": _give_again,
    "monthly_failed": _give_again,
    "monthly_past_due": _give_again,
}


def _copy_stripes_book(after: int) -> None:
    new = Record.objects.filter(number__gt=after).order_by("number")
    for movement in new.filter(kind="balance_transaction").iterator(chunk_size=500):
        balance_transactions.add(_whole(movement, "source"))
    for made in new.filter(kind="payout"):
        carried = Record.objects.filter(kind="balance_transaction", payout=made.stripe_id)
        payouts.add_parts(payouts.add(made.body), list(carried.values_list("stripe_id", flat=True)))


def _whole(record: Record, *paths: str) -> dict[str, Any]:
    return expand(copy.deepcopy(record.body), list(paths))
