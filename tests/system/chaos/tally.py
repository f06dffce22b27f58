"""What really happened, as the driver saw and did it: the books of the site are compared with these.

Nothing in here is read from the site, and nothing from Stripe's lists: only the answers to what donors and the
treasurer did.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum

# While a dispute is in one of these, its money is with the donor's bank.
CONTESTED = {"needs_response", "under_review", "appeal_needs_response", "appeal_under_review"}
CLOSED_AGAINST_US = {"lost", "prevented"}
OUT = CONTESTED | CLOSED_AGAINST_US

Row = tuple[str, int]  # kind of a ledger row, and its amount in cents


class State(StrEnum):
    """How far the donor came on Stripe's page."""

    OPEN = "open"
    EXPIRED = "expired"
    PROCESSING = "processing"
    FAILED = "failed"
    PAID = "paid"


@dataclass
class Refund:
    id: str
    amount: int
    status: str = ""
    debited: bool = False
    credited: bool = False

    def became(self, status: str) -> None:
        """Money leaves when it succeeds; it comes back when it fails after that."""
        self.status = status
        self.debited = self.debited or status == "succeeded"
        self.credited = self.debited and status in {"failed", "canceled"}


@dataclass
class Dispute:
    id: str
    amount: int
    status: str = ""
    # Signed, one after the other: taken, given back, taken again.
    movements: list[int] = field(default_factory=list)

    def became(self, status: str) -> None:
        self.status = status
        if (status in OUT) != (len(self.movements) % 2 == 1):
            self.movements.append(-self.amount if status in OUT else self.amount)


@dataclass
class Gift:
    """One page to pay on that a donor was led to, and all that came of it."""

    session: str
    amount: int
    email: str
    state: State = State.OPEN
    refunds: list[Refund] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    # What the bank will say: "settles" or "fails".
    bank: str = ""
    # A bank debit that had arrived and was sent back after all.
    bounced: bool = False
    # The first of many; and its donor was told that no more will follow.
    repeats: bool = False
    stopped: bool = False

    @property
    def over(self) -> bool:
        """It will not be paid, or what was paid was sent back: its form may lead to another page."""
        in_vain = self.state == State.PROCESSING and self.bank == "fails"
        return self.state in {State.EXPIRED, State.FAILED} or in_vain or self.bounced

    def rows(self) -> Counter[Row]:
        """The ledger rows that this gift must have."""
        if self.state != State.PAID:
            return Counter()
        rows: Counter[Row] = Counter({("payment", self.amount): 1})
        rows.update([("payment_failure", -self.amount)] * self.bounced)
        for refund in self.refunds:
            rows.update([("refund", -refund.amount)] * refund.debited)
            rows.update([("refund_failure", refund.amount)] * refund.credited)
        for dispute in self.disputes:
            rows.update(
                ("dispute_withdrawal" if amount < 0 else "dispute_reinstatement", amount)
                for amount in dispute.movements
            )
        return rows

    def kept(self) -> int:
        """What is left of it."""
        return sum(amount * times for (_, amount), times in self.rows().items())

    def status(self) -> str:
        """The word for it in the admin."""
        if self.state != State.PAID:
            return {State.OPEN: "pending"}.get(self.state, self.state.value)
        if self.bounced:
            return "failed"
        withdrawn = -sum(sum(dispute.movements) for dispute in self.disputes)
        statuses = {dispute.status for dispute in self.disputes}
        if statuses & CONTESTED or (withdrawn and not statuses & CLOSED_AGAINST_US):
            return "disputed"
        if withdrawn:
            return "lost"
        refunded = sum(refund.amount for refund in self.refunds if refund.debited and not refund.credited)
        if not refunded:
            return "paid"
        return "refunded" if refunded == self.amount else "partly_refunded"


@dataclass
class Tally:
    """All gifts, by session; the other seller's payments; and what nobody should ever have seen."""

    gifts: dict[str, Gift] = field(default_factory=dict)
    # Sessions and payment intents of the other seller.
    strangers: list[str] = field(default_factory=list)
    # Form's token, amount, and the life of the database that answered -> the sessions that it led to side by side.
    led_to: dict[tuple[str, int, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    surprises: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def led(self, token: str, amount: int, life: int, session: str, email: str) -> Gift:
        """The site has sent a donor to this page."""
        with self._lock:
            led_to = self.led_to[token, amount, life]
            led_to -= {other for other in led_to if self.gifts[other].over}
            led_to.add(session)
            return self.gifts.setdefault(session, Gift(session, amount, email))

    def days_go_by(self) -> None:
        """Nobody waits any more: pages close, banks answer, refunds arrive."""
        for gift in self.gifts.values():
            if gift.state == State.OPEN:
                gift.state = State.EXPIRED
            elif gift.state == State.PROCESSING:
                gift.state = State.PAID if gift.bank == "settles" else State.FAILED
            for refund in gift.refunds:
                if refund.status == "pending":
                    refund.became("succeeded")

    def stranger(self, *ids: str) -> None:
        with self._lock:
            self.strangers += ids

    def surprise(self, what: str) -> None:
        with self._lock:
            self.surprises.append(what)

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1
