"""Stripe: the key, its clock, and whether its events arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from donations.ledger import mode
from donations.models import LedgerEntry, StripeEvent
from donations.stripe.account import check
from lib.finding import Finding, Level, fault, good, warning

TIMEOUT = (3, 8)  # seconds: connect, read
# Stripe's signatures hold for five minutes: by a clock that is further off, every event is refused.
CLOCK_WARNING, CLOCK_ERROR = 30, 240  # seconds
# How long an event may be under way, or wait, before somebody should look.
PATIENCE = timedelta(minutes=15)


def key() -> Iterator[Finding]:
    name = "key"
    if mode.known() not in {"", mode.of_key()}:
        yield fault(
            name,
            _("The key is of the other kind of money than the database."),
            _("Set STRIPE_SECRET_KEY to the key that belongs to this database, or name another one in DATABASE_URL."),
        )
    elif settings.SANDBOX:
        yield good(name, _("The stand-in plays Stripe's part: no real money moves."))
    else:
        kind = _("real money") if settings.STRIPE_LIVE else _("practice")
        yield good(name, _("The key is for %(kind)s, as the database is.") % {"kind": kind})


def clock() -> Iterator[Finding]:
    """Asks Stripe, without the key, for no more than the time. Seconds matter, so the way there counts half."""
    import requests  # heavy, and pages do without it

    name = "clock"
    begun = timezone.now()
    try:
        with requests.Session() as session:
            # A stand-in on this machine is not behind the proxy that the environment may name.
            session.trust_env = urlsplit(settings.STRIPE_API_BASE).hostname not in {"127.0.0.1", "localhost", "::1"}
            answer = session.head(settings.STRIPE_API_BASE, timeout=TIMEOUT, allow_redirects=False)
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except (requests.RequestException, KeyError, ValueError) as error:
        yield fault(
            name,
            _("Stripe does not answer (%(error)s).") % {"error": type(error).__name__},
            _("Let this machine reach %(address)s on its port.") % {"address": settings.STRIPE_API_BASE},
        )
        return
    off = abs((begun + (timezone.now() - begun) / 2 - theirs.astimezone(UTC)).total_seconds())
    # Their header has whole seconds.
    off = max(0, off - 1)
    said = _("This machine's clock is %(seconds)d seconds off Stripe's.") % {"seconds": round(off)}
    remedy = _("Set the clock by the network: timedatectl set-ntp true.")
    if off >= CLOCK_ERROR:
        yield fault(name, said, remedy)
    elif off >= CLOCK_WARNING:
        yield warning(name, said, remedy)
    else:
        yield good(name, _("This machine's clock agrees with Stripe's."))


def events() -> Iterator[Finding]:
    name = "events"
    remedy = _("Look at the webhook endpoint in Stripe's dashboard: its address, its secret, and what failed.")
    if not settings.STRIPE_WEBHOOK_SECRETS:
        yield fault(
            name,
            _("STRIPE_WEBHOOK_SECRET is not set: Stripe's events are refused."),
            _("Copy the signing secret of the webhook endpoint (whsec_…) into STRIPE_WEBHOOK_SECRET."),
        )
        return
    last: datetime | None = StripeEvent.objects.aggregate(last=Max("received_at"))["last"]
    paid: datetime | None = LedgerEntry.objects.filter(kind="payment").aggregate(last=Max("happened_at"))["last"]
    if paid and timezone.now() - paid > PATIENCE and (last is None or paid - last > PATIENCE):
        said = _("Gifts arrive, and Stripe's events of them do not.")
        # demo_data writes gifts of years at once, of which no event ever comes.
        if settings.SANDBOX:
            yield warning(name, said, _("Unless it is demo data: see on the stand-in's console how it delivers."))
        else:
            yield fault(name, said, remedy)
    elif last is None:
        yield warning(name, _("No event has come from Stripe yet."), _("Give a small gift, and ask again."))
    else:
        yield good(name, _("The last event came %(ago)s ago.") % {"ago": timesince(last)})
    failed = StripeEvent.objects.filter(state=StripeEvent.State.FAILED).count()
    if failed:
        yield fault(
            "failed events",
            _("%(count)d events of Stripe's could not be handled.") % {"count": failed},
            _("Look at them in the admin under Stripe events: each has its error, and can be replayed."),
        )


def account() -> Iterator[Finding]:
    """What `manage.py stripe_check` finds, less what nobody can ask Stripe: a monitor would never be content."""
    for each in check.findings():
        if each.name not in {"key", "receipts"} or each.level is Level.ERROR:
            yield each
