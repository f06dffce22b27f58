"""The currency and the amounts, in minor units."""

from __future__ import annotations

from lib import money
from project import env
from project.env import refuse

DONATION_CURRENCY = (env.text("DONATION_CURRENCY") or "usd").lower()
if not money.known(DONATION_CURRENCY):
    refuse("DONATION_CURRENCY", f"is {DONATION_CURRENCY!r}: use a three-letter currency code like usd or eur.")


def _minor(name: str, typed: str) -> int:
    try:
        return money.minor(typed, DONATION_CURRENCY)
    except money.Malformed:
        refuse(name, f"holds {typed!r}: use an amount in {DONATION_CURRENCY.upper()}, like 20 or 12.50.")


DONATION_MIN = _minor("DONATION_MIN", env.text("DONATION_MIN") or "1")
DONATION_MAX = _minor("DONATION_MAX", env.text("DONATION_MAX") or "10000")
if not 0 < DONATION_MIN <= DONATION_MAX:
    refuse("DONATION_MIN", "must be above 0 and not above DONATION_MAX.")
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
if DONATION_MAX > 99_999_999:
    refuse("DONATION_MAX", f"is more than Stripe takes: at most {money.short(99_999_999, DONATION_CURRENCY)}.")
DONATION_AMOUNTS = [
    _minor("DONATION_AMOUNTS", typed) for typed in env.words("DONATION_AMOUNTS") or ["5", "10", "20", "50", "100"]
]
DONATION_DEFAULT_AMOUNT = _minor("DONATION_DEFAULT_AMOUNT", env.text("DONATION_DEFAULT_AMOUNT") or "20")
for _name, _amount in [
    *(("DONATION_AMOUNTS", amount) for amount in DONATION_AMOUNTS),
    ("DONATION_DEFAULT_AMOUNT", DONATION_DEFAULT_AMOUNT),
]:
    if not DONATION_MIN <= _amount <= DONATION_MAX:
        refuse(
            _name,
            f"holds {money.short(_amount, DONATION_CURRENCY)}, outside DONATION_MIN and DONATION_MAX "
            f"({money.short(DONATION_MIN, DONATION_CURRENCY)} to {money.short(DONATION_MAX, DONATION_CURRENCY)}).",
        )
