"""What becomes of a gift after it was paid: refunds from Stripe's dashboard, and donors who go to their bank."""

from __future__ import annotations

import random

from tests.system.chaos.crowd import Life
from tests.system.chaos.dashboard import Dashboard
from tests.system.chaos.tally import Dispute, Gift, Refund, Tally

FATES = {
    "nothing more": 45,
    "refunded": 12,
    "refunded in part": 10,
    "refunded bit by bit": 8,
    "inquiry": 5,
    "chargeback": 10,
    "disputed, already lost": 3,
    "disputed, prevented": 3,
    "disputed twice": 2,
    "warned of, then refunded": 3,
    "refunded in part, then disputed": 5,
}

# How a dispute may go: kind, and the moves that follow.
INQUIRIES = [
    [],
    ["under_review"],
    ["closed"],
    ["under_review", "closed"],
    ["escalate"],
    ["escalate", "won"],
    ["escalate", "under_review", "lost"],
]
CHARGEBACKS = [
    [],
    ["under_review"],
    ["won"],
    ["lost"],
    ["under_review", "won"],
    ["under_review", "lost"],
    ["lost", "appeal"],
    ["lost", "appeal", "under_review", "won"],
    ["lost", "appeal", "lost"],
    ["won", "appeal"],
    ["won", "appeal", "won"],
    ["won", "appeal", "under_review", "lost"],
]
# The shapes in which Stripe gives the money of a failed refund back.
FAILS = ["fails", "fails_as_adjustment", "fails_as_payment_refund"]
DECIDED = [[], [], ["appeal", "won"]]


def deals_with(gift: Gift, chance: random.Random, dashboard: Dashboard, tally: Tally) -> Life:
    fate = chance.choices(list(FATES), list(FATES.values()))[0]
    tally.count(fate)
    half = gift.amount // 2
    yield chance.uniform(0.2, 8)
    match fate:
        case "refunded":
            yield from refund(gift, gift.amount, chance, dashboard)
        case "refunded in part":
            yield from refund(gift, chance.randint(1, gift.amount - 1), chance, dashboard)
        case "refunded bit by bit":
            for _ in range(chance.randint(2, 3)):
                yield from refund(gift, gift.amount // 3, chance, dashboard)
        case "inquiry":
            yield from dispute(gift, "inquiry", gift.amount, chance.choice(INQUIRIES), chance, dashboard)
        case "chargeback":
            yield from dispute(gift, "chargeback", gift.amount, chance.choice(CHARGEBACKS), chance, dashboard)
        case "disputed, already lost":
            yield from dispute(gift, "lost", gift.amount, chance.choice(DECIDED), chance, dashboard)
        case "disputed, prevented":
            yield from dispute(gift, "prevented", gift.amount, [], chance, dashboard)
        case "warned of, then refunded":
            dashboard.warn_of_fraud(gift.session)
            yield chance.uniform(0.1, 4)
            yield from refund(gift, gift.amount, chance, dashboard)
        case "disputed twice":
            yield from dispute(gift, "chargeback", half, chance.choice(CHARGEBACKS), chance, dashboard)
            yield from dispute(gift, "inquiry", gift.amount - half, chance.choice(INQUIRIES), chance, dashboard)
        case "refunded in part, then disputed":
            yield from refund(gift, half, chance, dashboard)
            yield from dispute(gift, "chargeback", gift.amount - half, chance.choice(CHARGEBACKS), chance, dashboard)


def refund(gift: Gift, amount: int, chance: random.Random, dashboard: Dashboard) -> Life:
    made = dashboard.refund(gift.session, amount)
    refund = Refund(made["id"], amount)
    gift.refunds.append(refund)
    refund.became(made["status"])
    yield chance.uniform(0.1, 6)
    if made["status"] == "pending":
        outcome = chance.choice(["", "succeeds", "succeeds", "fails", "canceled"])
    else:
        outcome = chance.choice(FAILS) if chance.random() < 0.25 else ""
    if outcome:
        made = dashboard.settle_refund(refund.id, outcome)
        refund.became(made["status"])
        yield chance.uniform(0.1, 4)
        if made["status"] == "succeeded" and chance.random() < 0.2:
            refund.became(dashboard.settle_refund(refund.id, chance.choice(FAILS))["status"])


def bank_sends_back(gift: Gift, chance: random.Random, dashboard: Dashboard, tally: Tally) -> Life:
    """A bank debit that had arrived fails after all."""
    tally.count("sent back by the bank")
    yield chance.uniform(0.2, 8)
    dashboard.bank_sends_back(gift.session)
    gift.bounced = True


def dispute(gift: Gift, kind: str, amount: int, moves: list[str], chance: random.Random, dashboard: Dashboard) -> Life:
    made = dashboard.dispute(gift.session, kind, amount)
    dispute = Dispute(made["id"], amount)
    gift.disputes.append(dispute)
    dispute.became(made["status"])
    for move in moves:
        yield chance.uniform(0.1, 6)
        dispute.became(dashboard.move_dispute(dispute.id, move)["status"])


def stranger(chance: random.Random, dashboard: Dashboard, tally: Tally) -> Life:
    """Another seller's customer on the same account: none of it is ours to book."""
    amount = chance.randint(100, 20000)
    session = dashboard.stranger_buys(amount)
    tally.stranger(session["id"], session["payment_intent"])
    tally.count("strangers")
    yield chance.uniform(0.2, 5)
    theirs = Gift(session["id"], amount, "")
    if chance.random() < 0.4:
        yield from refund(theirs, chance.randint(1, amount), chance, dashboard)
    elif chance.random() < 0.3:
        yield from dispute(theirs, "chargeback", amount, chance.choice(CHARGEBACKS), chance, dashboard)
    tally.stranger(*(refund.id for refund in theirs.refunds), *(dispute.id for dispute in theirs.disputes))
