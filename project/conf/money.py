"""The currency and the amounts, in minor units. What Stripe would refuse is refused at the start."""

from __future__ import annotations

from lib import currencies, money
from project import env
from project.env import refuse

DONATION_CURRENCY = (env.text("DONATION_CURRENCY") or "usd").lower()
if DONATION_CURRENCY not in currencies.SUPPORTED:
    refuse(
        "DONATION_CURRENCY",
        f"is {env.shown(DONATION_CURRENCY)}: use a code that Stripe takes, like usd or eur (https://docs.stripe.com/currencies).",
    )


def _short(amount: int) -> str:
    return money.short(amount, DONATION_CURRENCY)


def _minor(name: str, typed: str, proposed: int = 0) -> int:
    """The amount that is set, or else the one that is proposed."""
    if not typed:
        return proposed
    try:
        amount = money.minor(typed, DONATION_CURRENCY)
    except money.Malformed:
        one, other = money.examples(DONATION_CURRENCY)
        refuse(
            name,
            f"holds {env.shown(typed)}: "
            f"use an amount in {DONATION_CURRENCY.upper()}, like {_short(one)} or {_short(other)}.",
        )
    least = money.least_payable(DONATION_CURRENCY)
    if amount < least:
        refuse(
            name,
            f"holds {_short(amount)}, less than Stripe takes: at least {_short(least)} {DONATION_CURRENCY.upper()}.",
        )
    if not money.payable(amount, DONATION_CURRENCY):
        refuse(name, f"holds {_short(amount)}: of three decimals Stripe wants the last to be 0.")
    return amount


# What is not set is a round sum of the currency: as 5 dollars, so 500 yen.
_proposed = [money.dollars(amount, DONATION_CURRENCY) for amount in (5, 10, 20, 50, 100)]
_whole = 10 ** money.exponent(DONATION_CURRENCY)
_least = max(money.dollars(1, DONATION_CURRENCY), money.least_payable(DONATION_CURRENCY))
_most = min(money.dollars(10_000, DONATION_CURRENCY), currencies.MAXIMUM // _whole * _whole)
DONATION_MIN = _minor("DONATION_MIN", env.text("DONATION_MIN"), _least)
DONATION_MAX = _minor("DONATION_MAX", env.text("DONATION_MAX"), _most)
if DONATION_MIN > DONATION_MAX:
    refuse("DONATION_MIN", "must not be above DONATION_MAX.")
if DONATION_MAX > currencies.MAXIMUM:
    refuse("DONATION_MAX", f"is more than Stripe takes: at most {_short(currencies.MAXIMUM)}.")
DONATION_AMOUNTS = [_minor("DONATION_AMOUNTS", typed) for typed in env.words("DONATION_AMOUNTS")] or _proposed
DONATION_DEFAULT_AMOUNT = _minor(
    "DONATION_DEFAULT_AMOUNT", env.text("DONATION_DEFAULT_AMOUNT"), money.dollars(20, DONATION_CURRENCY)
)
for _name, _value in [
    *(("DONATION_AMOUNTS", amount) for amount in DONATION_AMOUNTS),
    ("DONATION_DEFAULT_AMOUNT", DONATION_DEFAULT_AMOUNT),
]:
    if not DONATION_MIN <= _value <= DONATION_MAX:
        refuse(
            _name,
            f"holds {_short(_value)}, outside DONATION_MIN and DONATION_MAX "
            f"({_short(DONATION_MIN)} to {_short(DONATION_MAX)}).",
        )
