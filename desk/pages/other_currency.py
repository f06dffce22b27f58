"""What has to be set anew because the site's currency was changed."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from desk.pages import formatting
from donations.models import Level, Total
from lib import currencies, money
from organisation.models import current


def asked() -> Iterator[tuple[str, str, str]]:
    """What was set in another currency and is not used: as a sentence, where to go, and what permission that needs."""
    now = settings.DONATION_CURRENCY.upper()
    organisation = current()
    link = reverse("admin:organisation_organisation_changelist")
    names = {"goal_amount": _("The goal"), "card_fee_fixed": _("The fixed part of the card fee")}
    for name, currency in organisation.outdated.items():
        what = _("%(what)s was set in %(then)s and is not used: set it anew in %(now)s.")
        words = {"what": names[name], "then": currency.upper(), "now": now}
        yield what % words, link, "organisation.change_organisation"
    levels = Level.objects.exclude(currency=settings.DONATION_CURRENCY).order_by("pk")
    if first := levels.first():
        what = _("Levels of sponsors were set in %(then)s and are not used: set them anew in %(now)s.")
        words = {"then": first.currency.upper(), "now": now}
        yield what % words, reverse("admin:donations_level_changelist"), "donations.change_level"
    if then := _meant_for():
        what = _("The suggested amounts begin at %(amount)s, as if they were in %(then)s: set DONATION_AMOUNTS anew.")
        least = formatting.amount(min(settings.DONATION_AMOUNTS), settings.DONATION_CURRENCY)
        yield what % {"amount": least, "then": then.upper()}, link, "organisation.change_organisation"


def _meant_for() -> str:
    """The currency of before, if its units are much smaller and the suggested amounts fit it: 500 euro after 500 yen.

    The other way round they would be too small, and the start refuses them.
    """
    now = settings.DONATION_CURRENCY
    before = Total.objects.exclude(currency=now).order_by("-month").first()
    if before is None:
        return ""
    larger = currencies.SCALE.get(before.currency, 1) >= 10 * currencies.SCALE.get(now, 1)
    least = min(settings.DONATION_AMOUNTS) // 10 ** money.exponent(now)
    return before.currency if larger and least >= currencies.SCALE.get(before.currency, 1) else ""
