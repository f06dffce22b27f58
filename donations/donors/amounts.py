"""How much a gift may be: the bounds of the site and of Stripe, in sentences that help."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from lib import amount_field, money
from organisation.models import current


def amount_of(text: str, read: Callable[[str, str], int] = amount_field.parse, currency: str = "") -> int:
    """Minor units of an amount in the site's currency, within its bounds. Raises ValidationError with a code.

    In another `currency`, of a gift that began when the site had that one, only Stripe's own bounds are known.
    """
    bounded = currency in {"", settings.DONATION_CURRENCY}
    currency = currency or settings.DONATION_CURRENCY
    try:
        amount = read(text, currency)
    except ValidationError as error:
        raise (_too_large() if error.code == "amount_too_large" else error) from None
    if not money.payable(amount, currency):
        raise ValidationError(amount_field.last_decimal(currency), code=amount_field.CODE)
    least = max(settings.DONATION_MIN if bounded else 1, money.least_payable(currency))
    if amount < least:
        raise ValidationError(
            _("The smallest gift is %(least)s. Card fees would eat anything less.")
            % {"least": money.display_short(least, currency)},
            code="amount_too_small",
        )
    if bounded and amount > settings.DONATION_MAX:
        raise _too_large()
    return amount


def _too_large() -> ValidationError:
    most = money.display_short(settings.DONATION_MAX, settings.DONATION_CURRENCY)
    told = _("The largest gift here is %(most)s.") % {"most": most}
    if mail := current().contact_email:
        told = f"{told} {_('For more, write to us: %(mail)s.') % {'mail': mail}}"
    return ValidationError(told, code="amount_too_large")
