"""A gift that comes again, in words: on its page, in the account and in letters."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from donations.domain.subscription import Frequency, SubscriptionStatus
from donations.models import Subscription
from lib import money


def title(subscription: Subscription) -> str:
    """ "$20 every month"."""
    amount = money.display_short(subscription.amount, subscription.currency)
    if subscription.frequency is Frequency.YEARLY:
        return _("%(amount)s every year") % {"amount": amount}
    return _("%(amount)s every month") % {"amount": amount}


def state(subscription: Subscription) -> str:
    """How it stands, and what is charged next."""
    next_at = subscription.period_end
    match SubscriptionStatus(subscription.status):
        case SubscriptionStatus.STARTING:
            return _("The first charge has not come through yet.")
        case SubscriptionStatus.RETRYING:
            return _("The last charge failed. Stripe tries your card again in the next days.")
        case SubscriptionStatus.GIVEN_UP:
            return _("The last charge failed, and your card is not tried again.")
        case SubscriptionStatus.PAUSED if subscription.resumes_at:
            return _("Paused until %(date)s. Nothing is charged before.") % {"date": day(subscription.resumes_at)}
        case SubscriptionStatus.PAUSED:
            return _("Paused until you go on. Nothing is charged.")
        case SubscriptionStatus.ENDING if subscription.cancel_at:
            return _("It ends on %(date)s. Nothing is charged any more.") % {"date": day(subscription.cancel_at)}
        case SubscriptionStatus.ENDED | SubscriptionStatus.NEVER_BEGAN:
            at = subscription.ended_at
            if at is None:
                return _("It has ended. Nothing is charged any more.")
            return _("It ended on %(date)s. Nothing is charged any more.") % {"date": day(at)}
    return _("Next charge: %(date)s.") % {"date": day(next_at)} if next_at else _("It goes on.")


def day(at: datetime) -> str:
    """ "5 January 2027", by the site's clock."""
    return format_date(timezone.localtime(at), _("j F Y"))
