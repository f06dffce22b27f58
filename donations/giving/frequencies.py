"""How often one may give, as the donate page says it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from donations.domain.subscription import Frequency


def sentence(frequency: str, amount: str) -> str:
    """What a button does that gives this amount, as text, so often."""
    match frequency:
        case Frequency.MONTHLY:
            return _("Donate %(amount)s every month") % {"amount": amount}
        case Frequency.YEARLY:
            return _("Donate %(amount)s every year") % {"amount": amount}
    return _("Donate %(amount)s") % {"amount": amount}
