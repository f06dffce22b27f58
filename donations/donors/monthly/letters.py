"""The letters about a gift that comes again: written when they are sent, by what is known then."""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from donations.domain.subscription import OVER, EndedBy, InvoiceStatus, SubscriptionStatus
from donations.donors import email_templates
from donations.donors.monthly import announcing, links, owners, words
from donations.ledger.subscription_emails import SubscriptionEmail, day_of
from donations.models import Invoice, Subscription
from lib import date_texts, languages, money
from lib.people.addresses import normalise
from mail import outbox
from mail.outbox import Cancel, Email, Retry
from organisation.models import current

Outcome = Email | Retry | Cancel

KINDS = tuple(SubscriptionEmail)
GONE = Cancel("there is nobody to write to")
NO_ADDRESS = Retry("no address")
# Books that are filled again from Stripe tell of what donors know long since.
NEWS = timedelta(days=14)
OLD = Cancel("it is no news any more")
AT_MOST_EVERY = 300  # seconds: a mailbox cannot be flooded by asking again and again
NOBODY = uuid.UUID(int=0)  # stands for the subscription when there is none


def ask(email: str) -> None:
    """Somebody wants a link for this address. A row is written for strangers as well: it takes the same steps."""
    mine = owners.of_address(email)
    digest = salted_hmac("donations.monthly.letters", normalise(email), algorithm="sha256").hexdigest()[:16]
    window = int(time.time()) // AT_MOST_EVERY
    outbox.enqueue(SubscriptionEmail.LINK, f"{mine[0].uuid if mine else NOBODY}.{window}.{digest}")


def compose(kind: str, key: str) -> Outcome:
    """The letter of this kind, by the key under which it is owed (ledger.subscription_emails)."""
    if kind not in KINDS:
        return Cancel(f"there is no letter of the kind {kind!r}")
    invoice = None
    if kind == SubscriptionEmail.CHARGE_FAILED:
        invoice = Invoice.objects.select_related("subscription").filter(pk=key).first()
        subscription = invoice.subscription if invoice else None
    else:
        subscription = Subscription.objects.filter(uuid=uuid.UUID(key.partition(".")[0])).first()
    if subscription is None:
        return GONE
    first = subscription.first
    with translation.override(languages.of(first.language if first else "")):
        if invoice:
            return _charge_failed(invoice)
        match SubscriptionEmail(kind):
            case SubscriptionEmail.LINK:
                return _link(subscription)
            case SubscriptionEmail.STARTED:
                return _started(subscription)
            case SubscriptionEmail.ENDING:
                return _ending(subscription)
            case SubscriptionEmail.STOPPED:
                return _stopped(subscription)
            case SubscriptionEmail.RENEWS:
                return _renews(subscription, key.partition(".")[2])
            case _:
                return _given_up(subscription)


def _link(subscription: Subscription) -> Outcome:
    return _letter(
        subscription,
        _("Your monthly gift: change it or stop it"),
        _("Somebody, hopefully you, asked to see your monthly or yearly gift. The link works once, for an hour."),
        link=links.make(links.ASKED, subscription),
        says=_("See, change or stop it"),
        after=_("If it wasn’t you, do nothing: nothing was changed."),
    )


def _started(subscription: Subscription) -> Outcome:
    if subscription.status in OVER:
        return Cancel("it is over already")
    if _is_old(subscription.created_at):
        return OLD
    given = {"gift": words.title(subscription), "org": current().called}
    told = _("Thank you. You give %(gift)s to %(org)s, until you stop it. Each charge gets its own receipt.") % given
    if subscription.period_end:
        told = f"{told} {_('The next charge is on %(date)s.') % {'date': date_texts.day(subscription.period_end)}}"
    return _letter(
        subscription,
        _("You give %(gift)s") % given,
        told,
        link=_page(),
        says=_("Change, pause or stop it at any time"),
        after=_("If this wasn’t you, reply to this e-mail."),
    )


def _renews(subscription: Subscription, day: str) -> Outcome:
    due_at = announcing.due_at(subscription, current())
    if due_at is None or day_of(due_at) != day:
        return Cancel("it is not charged then, or needs no letter any more")
    if due_at <= timezone.now():
        return Cancel("the day has come: the receipt tells of it")
    about = {"gift": words.title(subscription), "date": date_texts.day(due_at), "org": current().called}
    return _letter(
        subscription,
        _("On %(date)s: %(gift)s") % about,
        _("You give %(gift)s to %(org)s. The next charge is on %(date)s. If that is right, there is nothing to do.")
        % about,
        link=_page(),
        says=_("Change, pause or stop it before then"),
        after=_("This e-mail comes once before each of these charges."),
    )


def _ending(subscription: Subscription) -> Outcome:
    if subscription.status != SubscriptionStatus.ENDING or subscription.cancel_at is None:
        return Cancel("it does not end like that after all")
    about = {"gift": words.title(subscription), "date": date_texts.day(subscription.cancel_at)}
    return _letter(
        subscription,
        _("Your gift of %(gift)s ends on %(date)s") % about,
        _("Your gift of %(gift)s ends on %(date)s. Nothing more will be charged.") % about,
        after=_("Thank you for what you gave. If this wasn’t you, reply to this e-mail."),
    )


def _stopped(subscription: Subscription) -> Outcome:
    ended = subscription.ended_at
    if ended and _is_old(ended):
        return OLD
    if ended and subscription.cancel_at and ended >= subscription.cancel_at:
        return Cancel("it ended as another letter said")
    about = {"gift": words.title(subscription), "date": date_texts.day(ended or timezone.now())}
    told = _("Your gift of %(gift)s stopped on %(date)s. That is final: nothing more will be charged.") % about
    if subscription.ended_by is EndedBy.DISPUTED:
        told = f"{told} {_('Your bank took a charge back, so Stripe ended it.')}"
    return _letter(
        subscription,
        _("Stopped: %(gift)s") % about,
        told,
        after=_("Thank you for what you gave. If this wasn’t you, reply to this e-mail."),
    )


def _charge_failed(invoice: Invoice) -> Outcome:
    subscription = invoice.subscription
    if invoice.status in {InvoiceStatus.PAID, InvoiceStatus.VOID}:
        return Cancel("it was paid after all, or is not owed any more")
    if subscription.status in OVER:
        return Cancel("it is over: another letter says so")
    if _is_old(invoice.created_at):
        return OLD
    about = {"amount": money.display(invoice.due, invoice.currency), "gift": words.title(subscription)}
    told = _("This time your card didn’t pay the %(amount)s for your gift of %(gift)s, and nothing was taken.") % about
    if invoice.next_attempt_at:
        again = _("It will be tried again on %(date)s.") % {"date": date_texts.day(invoice.next_attempt_at)}
    else:
        again = _("It won’t be tried again automatically.")
    return _letter(
        subscription,
        _("Your card didn’t pay %(amount)s") % about,
        f"{told} {again}",
        link=links.make(links.MEND, subscription),
        says=_("Use another card, or stop (the link works once, for seven days)"),
        after=_("This is the only e-mail about this charge."),
    )


def _given_up(subscription: Subscription) -> Outcome:
    if subscription.ended_at and _is_old(subscription.ended_at):
        return OLD
    about = {"gift": words.title(subscription), "date": date_texts.day(subscription.ended_at or timezone.now())}
    return _letter(
        subscription,
        _("Ended: %(gift)s") % about,
        _("Your gift of %(gift)s ended on %(date)s because your card didn’t pay. Nothing more will be charged.")
        % about,
        link=f"{settings.SITE_URL}{reverse('donate')}",
        says=_("If you’d like to go on giving, start again"),
        after=_("Thank you for what you gave."),
    )


def _letter(
    subscription: Subscription, subject: str, told: str, *, link: str = "", says: str = "", after: str = ""
) -> Outcome:
    to = owners.mailbox_of(subscription)
    if not to:
        first = subscription.first
        return GONE if first and first.erased_at else NO_ADDRESS
    return email_templates.letter(to, subject, told, link=link, says=says, after=after)


def _is_old(at: datetime) -> bool:
    return timezone.now() - at > NEWS


def _page() -> str:
    return f"{settings.SITE_URL}{reverse('monthly')}"
