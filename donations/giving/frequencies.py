"""How often one may give, as the donate page says it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from donations.domain.subscription import Frequency
from donations.donors.repeating import every


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to give; `name` and `hint` are words of the page, `value` what its form sends."""

    value: str
    name: str
    hint: str
    # The word after an amount: "every month"; nothing for once.
    every: str
    # A suggested amount's value and label, and what its button does.
    coins: list[Coin]
    # The same with the card fee on top, where that is offered.
    covered: list[Coin]


Coin = tuple[str, str, str]


def choices(coins: list[dict[str, str]], covered: list[dict[str, str]]) -> list[Choice]:
    """The ways to give, in the order of the page, each with the suggested amounts (money.coins)."""
    said = {
        Frequency.ONCE: (_("One-time"), _("One click takes you to Stripe’s page")),
        Frequency.MONTHLY: (_("Monthly"), _("Charged today, then every month until you stop it")),
        Frequency.YEARLY: (_("Yearly"), _("Charged today, then every year until you stop it")),
    }
    return [
        Choice(
            each.value,
            *said[each],
            every(each),
            _buttons(each, coins),
            _buttons(each, covered),
        )
        for each in Frequency
    ]


def _buttons(frequency: str, coins: list[dict[str, str]]) -> list[Coin]:
    return [(coin["value"], coin["label"], sentence(frequency, coin["spoken"])) for coin in coins]


def sentence(frequency: str, amount: str) -> str:
    """What a button does that gives this amount, as text, so often."""
    match frequency:
        case Frequency.MONTHLY:
            return _("Donate %(amount)s every month") % {"amount": amount}
        case Frequency.YEARLY:
            return _("Donate %(amount)s every year") % {"amount": amount}
    return _("Donate %(amount)s") % {"amount": amount}
