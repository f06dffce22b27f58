"""The well-known test cards, and what each of them does to a one-time payment."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.models import Record
from sandbox.objects.charge import Failure


@dataclass(frozen=True)
class Card:
    """One test card."""

    number: str
    brand: str
    description: str
    failure: Failure | None = None
    # The issuer asks the cardholder to approve the payment (3-D Secure) before anything else happens.
    challenged: bool = False
    risk: str = "normal"
    cvc_check: str = "pass"
    postal_check: str | None = None
    # The later outcome of a refund: "succeeds" of one that was pending, "fails" of one that had succeeded.
    refund_outcome: str = ""
    # Kind and reason of each dispute that follows the payment.
    disputes: tuple[tuple[str, str], ...] = ()
    # Each payment needs the holder's approval, those of a subscription too while nobody is there.
    always_challenged: bool = False
    # The first payment of a subscription goes well and later ones fail. (At Stripe the first fails as well.)
    fails_later: bool = False
    # The card's network warns of fraud soon after the payment.
    warned: bool = False

    @property
    def formatted_number(self) -> str:
        """The number as it is printed on a card."""
        groups = (4, 6, 5) if self.brand == "amex" else (4, 4, 4, 4)
        parts, rest = [], self.number
        for length in groups:
            parts.append(rest[:length])
            rest = rest[length:]
        return " ".join(parts)


def _declined(decline_code: str, message: str = "Your card was declined.", code: str = "card_declined") -> Failure:
    return Failure(code, decline_code, message)


_BLOCKED = Failure("card_declined", "fraudulent", "Your card was declined.", outcome="blocked")
_INSUFFICIENT_FUNDS = _declined("insufficient_funds", "Your card has insufficient funds.")
_GENERIC_DECLINE = _declined("generic_decline")
_FRAUD = ("chargeback", "fraudulent")
_NOT_RECEIVED = ("chargeback", "product_not_received")
_INQUIRY = ("inquiry", "general")

# The first six are those that the pages show at once.
CARDS = [
    Card("4242424242424242", "visa", "pays"),
    Card("5555555555554444", "mastercard", "pays"),
    Card("4000000000000002", "visa", "is declined", _GENERIC_DECLINE),
    Card("4000000000009995", "visa", "is declined: insufficient funds", _INSUFFICIENT_FUNDS),
    Card("4000002500003155", "visa", "asks for approval, then pays", challenged=True),
    Card("4000000000000259", "visa", "pays, then is disputed as fraudulent", disputes=(_FRAUD,)),
    Card("378282246310005", "amex", "pays (its CVC has 4 digits)"),
    Card("4000000000009987", "visa", "is declined: lost card", _declined("lost_card")),
    Card("4000000000009979", "visa", "is declined: stolen card", _declined("stolen_card")),
    Card(
        "4000000000000069",
        "visa",
        "is declined: expired card",
        Failure("expired_card", None, "Your card has expired."),
    ),
    Card(
        "4000000000000127",
        "visa",
        "is declined: incorrect CVC",
        Failure("incorrect_cvc", None, "Your card's security code is incorrect."),
        cvc_check="fail",
    ),
    Card(
        "4000000000000119",
        "visa",
        "is declined: processing error",
        Failure("processing_error", None, "An error occurred while processing your card. Try again in a little bit."),
    ),
    Card(
        "4000000000006975",
        "visa",
        "is declined: too many tries with this card",
        _declined(
            "card_velocity_exceeded",
            "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
        ),
    ),
    Card(
        "4000000000000341",
        "visa",
        "is declined; in a subscription only from the second payment on",
        _GENERIC_DECLINE,
        fails_later=True,
    ),
    Card("4100000000000019", "visa", "is blocked as fraud", _BLOCKED, risk="highest"),
    Card("4000000000004954", "visa", "is blocked: highest risk", _BLOCKED, risk="highest"),
    Card("4000000000009235", "visa", "pays, with elevated risk", risk="elevated"),
    Card("4000000000000101", "visa", "pays, though the CVC check fails", cvc_check="fail"),
    Card("4000000000000036", "visa", "pays, though the postcode check fails", postal_check="fail"),
    Card("4000002760003184", "visa", "asks for approval always, then pays", challenged=True, always_challenged=True),
    Card("4000000000003220", "visa", "asks for approval, then pays", challenged=True),
    Card(
        "4000008260003178",
        "visa",
        "asks for approval, then is declined: insufficient funds",
        _INSUFFICIENT_FUNDS,
        challenged=True,
    ),
    Card("4000008400001629", "visa", "asks for approval, then is declined", _GENERIC_DECLINE, challenged=True),
    Card("4000000000003055", "visa", "pays; approval is possible, not needed"),
    Card("4000000000003097", "visa", "pays; approval would fail, but is not needed"),
    Card("4000000000007726", "visa", "pays; a refund is pending, then succeeds", refund_outcome="succeeds"),
    Card("4000000000005126", "visa", "pays; a refund succeeds, then fails", refund_outcome="fails"),
    Card("4000000000002685", "visa", "pays, then is disputed: nothing received", disputes=(_NOT_RECEIVED,)),
    Card("4000000000001976", "visa", "pays, then the bank inquires: no money moves", disputes=(_INQUIRY,)),
    Card("4000000000005423", "visa", "pays, then its network warns of fraud", warned=True),
    Card("4000000404000079", "visa", "pays, then is disputed twice, half each", disputes=(_FRAUD, _NOT_RECEIVED)),
]

_BY_NUMBER = {card.number: card for card in CARDS}

# What programs write instead of a number, after `pm_card_` or `tok_`.
_NAMED = {
    "amex": "378282246310005",
    "authenticationRequired": "4000002760003184",
    "bypassPending": "4242424242424242",
    "chargeDeclined": "4000000000000002",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedInsufficientFunds": "4000000000009995",
    "chargeDeclinedLostCard": "4000000000009987",
    "chargeDeclinedProcessingError": "4000000000000119",
    "chargeDeclinedStolenCard": "4000000000009979",
    "createDispute": "4000000000000259",
    "createDisputeInquiry": "4000000000001976",
    "createDisputeProductNotReceived": "4000000000002685",
    "mastercard": "5555555555554444",
    "pendingRefund": "4000000000007726",
    "refundFail": "4000000000005126",
    "visa": "4242424242424242",
}

_LIVE_CARD = Failure(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card.",
)


def lookup(number: str) -> Card:
    """The test card of this number; any other is declined, as Stripe does in test mode."""
    return _BY_NUMBER.get(number) or Card(number, "unknown", "is declined", _LIVE_CARD)


def named(name: str) -> Card | None:
    """The card behind a name like pm_card_visa or tok_visa_chargeDeclined."""
    short = name.removeprefix("pm_card_").removeprefix("tok_").removeprefix("visa_")
    return _BY_NUMBER[_NAMED[short]] if short in _NAMED and short != name else None


def card_of(charge: Record) -> Card:
    """The card that paid; a bank account behaves like a card without any special behaviour."""
    return lookup(charge.hidden.get("card", ""))
