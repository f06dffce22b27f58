"""A gift that comes again, in words: on its page, in the account and in e-mails."""

from __future__ import annotations

from django.utils.translation import gettext as _

from donations.domain.subscription import Frequency, SubscriptionStatus
from donations.models import Subscription
from lib import money
from lib.date_texts import day


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
            return _("The last charge failed. Stripe will try your card again in the next few days.")
        case SubscriptionStatus.GIVEN_UP:
            return _("The last charge failed, and your card won’t be tried again.")
        case SubscriptionStatus.PAUSED if subscription.resumes_at:
            return _("Paused until %(date)s. Nothing is charged before then.") % {"date": day(subscription.resumes_at)}
        case SubscriptionStatus.PAUSED:
            return _("Paused until you resume. Nothing is charged.")
        case SubscriptionStatus.ENDING if subscription.cancel_at:
            return _("It ends on %(date)s. Nothing more will be charged.") % {"date": day(subscription.cancel_at)}
        case SubscriptionStatus.ENDED | SubscriptionStatus.NEVER_BEGAN:
            at = subscription.ended_at
            if at is None:
                return _("It has ended. Nothing more will be charged.")
            return _("It ended on %(date)s. Nothing more will be charged.") % {"date": day(at)}
    return _("Next charge: %(date)s.") % {"date": day(next_at)} if next_at else _("Active.")
