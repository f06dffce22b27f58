"""Gifts that come again: Stripe's book against ours, subscription by subscription and charge by charge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.system.chaos.post import Taken
from tests.system.chaos.stripes_book import Body, StripesBook
from tests.system.chaos.tally import Gift, Tally
from tests.system.chaos.verdict import Books
from tests.system.chaos.world import World

OVER = {"canceled", "incomplete_expired"}
# Of one charge, and of one subscription: each is told once, and some not at all when they are no news any more.
FAILED = "Your card didn’t pay "
AT_MOST_ONCE = ("You give ", "Stopped: ", "Ended: ")


@dataclass
class Recurring:
    """Both books of what comes again."""

    book: StripesBook
    subscriptions: list[Body] = field(init=False)
    charges: dict[str, list[Body]] = field(init=False)
    # All but the first ones, paid or not.
    renewed: dict[str, list[Body]] = field(init=False)

    def __post_init__(self) -> None:
        self.subscriptions = self.book.subscriptions()
        invoices = self.book.invoices()
        self.renewed = {
            name: [each for each in invoices[name] if each["billing_reason"] != "subscription_create"]
            for name in [each["id"] for each in self.subscriptions]
        }
        self.charges = {
            each["id"]: [invoice for invoice in invoices[each["id"]] if invoice["status"] == "paid"]
            for each in self.subscriptions
        }

    @property
    def paid(self) -> dict[str, int]:
        """What each charge brought, in cents, by its invoice."""
        return {each["id"]: each["amount_paid"] for charges in self.charges.values() for each in charges}

    @property
    def renewals(self) -> list[int]:
        """What all charges brought but the first ones, which donors made on a page."""
        every = [each for charges in self.charges.values() for each in charges]
        return [each["amount_paid"] for each in every if each["billing_reason"] != "subscription_create"]


def differences(world: World, tally: Tally, books: Books, recurring: Recurring) -> Iterator[str]:
    """Between Stripe's book and ours."""
    columns = "stripe_id, word, amount, currency, paused, cancel_at"
    ours = {row[0]: row[1:] for row in world.database.rows(f"SELECT {columns} FROM donations_subscription")}
    for each in recurring.subscriptions:
        price = each["items"]["data"][0]["price"]
        ends = (bool(each["pause_collection"]), bool(each["cancel_at"]))
        real = (each["status"], price["unit_amount"], price["currency"], *ends)
        known = ours.get(each["id"])
        written = (*known[:3], bool(known[3]), bool(known[4])) if known else None
        if written != real and (known or recurring.charges[each["id"]] or each["status"] not in OVER):
            yield f"{each['id']}: really {real}; written {written}"
    for invoice in recurring.paid.keys() | books.charges.keys():
        if (brought := recurring.paid.get(invoice)) != (booked := books.charges.get(invoice)):
            yield f"{invoice}: really paid {brought}; written {booked}"
    if twice := books.sources & set(recurring.book.intents()):
        yield f"counted by their payment, too: {sorted(twice)}"
    apart = books.mirrored ^ set(recurring.book.movements())
    if apart:
        yield f"Stripe's book and its mirror differ in {len(apart)} rows: {sorted(apart)[:5]}"
    yield from _stopped(tally, recurring)


def _stopped(tally: Tally, recurring: Recurring) -> Iterator[str]:
    """Whoever was told that it has stopped is charged no more."""
    status = {each["id"]: each["status"] for each in recurring.subscriptions}
    for gift in tally.gifts.values():
        if gift.stopped and status[recurring.book.subscription_of(gift.session)] not in OVER:
            yield f"{gift.session}: its donor was told that it has stopped"


def letters(tally: Tally, recurring: Recurring, by_recipient: dict[str, list[Taken]]) -> Iterator[str]:
    """Each charge has its receipt, once; all else is told once at most. Takes the letters out that it has judged."""
    for gift in tally.gifts.values():
        if not gift.repeats:
            continue
        subjects = {letter.message_id: letter.subject for letter in by_recipient.pop(gift.email, [])}
        receipts = sum("receipt" in subject for subject in subjects.values())
        charges = 0
        if gift.rows():
            charges = len(recurring.charges[recurring.book.subscription_of(gift.session)])
        if receipts != charges:
            yield f"{gift.session}: {charges} charges, {receipts} receipts: {sorted(subjects.values())}"
        began = Counter(
            beginning for subject in subjects.values() for beginning in AT_MOST_ONCE if subject.startswith(beginning)
        )
        owed = _failed(recurring, gift)
        if sum(subject.startswith(FAILED) for subject in subjects.values()) > owed:
            yield f"{gift.session}: {owed} charges failed, and its letters are {sorted(subjects.values())}"
        if began.total() > len(began):
            yield f"{gift.session}: told twice: {sorted(subjects.values())}"


def _failed(recurring: Recurring, gift: Gift) -> int:
    """How many charges of this gift's subscription failed at first: of each its donor is told once."""
    if not gift.rows():
        return 0
    tried = recurring.renewed[recurring.book.subscription_of(gift.session)]
    return sum(each["attempt_count"] > (each["status"] == "paid") for each in tried)
