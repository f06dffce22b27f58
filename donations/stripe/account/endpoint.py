"""The webhook endpoint at Stripe that brings this site its events: whether it is right, and how to make it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from donations.stripe import client, parsing
from donations.stripe.account import calls
from donations.stripe.account.calls import Endpoint
from lib.finding import Finding, fault, good, warning

REGISTER = "`manage.py stripe_check --register`"
NAME = "webhook"
PERMISSION = "Webhook Endpoints, Event Destinations: Write"


@dataclass(frozen=True, slots=True)
class Registered:
    """What `register` did. The secret is that of a new endpoint, empty otherwise."""

    endpoint: str
    made: bool
    secret: str = field(default="", repr=False)


def address() -> str:
    """Where Stripe has to send this site's events."""
    return f"{settings.SITE_URL}{reverse('stripe_webhook').rstrip('/')}/"


def register() -> Registered:
    """Make the endpoint with exactly our events and our release, or put right the events of the one that exists.

    Raises StripeUnavailable or Refused.
    """
    events = sorted(parsing.EVENT_TYPES)
    if existing := _ours(calls.webhook_endpoints()):
        best = existing[0]["id"]
        calls.update_webhook_endpoint(best, events)
        return Registered(best, made=False)
    made = calls.create_webhook_endpoint(address(), events, client.api_version(), settings.SITE_NAME)
    return Registered(str(made["id"]), made=True, secret=str(made.get("secret") or ""))


def findings() -> list[Finding]:
    """Whether Stripe sends this site what it needs. Raises StripeUnavailable or Refused."""
    ours = _ours(calls.webhook_endpoints())
    found = [_secret()] if not settings.STRIPE_WEBHOOK_SECRETS else []
    if not ours:
        return [*found, _none()]
    if len([each for each in ours if each["status"] == "enabled"]) > 1:
        many = _("More than one endpoint sends to %(address)s: every event comes as often, each with its own secret.")
        found.append(
            warning(NAME, many % {"address": address()}, _("Keep one of them in the dashboard, under Webhooks."))
        )
    return [*found, *(_problems(ours[0]) or [_good(ours[0])])]


def _ours(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Those that send to this site, the best one first. Our address answers with and without its last stroke."""
    here = [each for each in endpoints if str(each["url"]).rstrip("/") == address().rstrip("/")]
    return sorted(here, key=lambda each: (_release(each) != parsing.RELEASE, each["status"] != "enabled"))


def _release(endpoint: Endpoint) -> str:
    return str(endpoint["api_version"] or "").partition(".")[2]


def _none() -> Finding:
    here = {"address": address()}
    if settings.DEBUG:
        return warning(
            NAME,
            _("No endpoint at Stripe sends to %(address)s.") % here,
            _("On your own machine run `stripe listen --latest --forward-to %(address)s`; in public, %(command)s.")
            % {**here, "command": REGISTER},
        )
    return fault(NAME, _("No endpoint at Stripe sends to %(address)s: gifts are noticed late.") % here, _run())


def _secret() -> Finding:
    return (warning if settings.DEBUG else fault)(
        NAME,
        _("STRIPE_WEBHOOK_SECRET is not set: Stripe's events are refused."),
        _("Copy the signing secret of the webhook endpoint (whsec_…) into STRIPE_WEBHOOK_SECRET."),
    )


def _run() -> str:
    return _("Run %(command)s.") % {"command": REGISTER}


def _problems(endpoint: Endpoint) -> list[Finding]:
    found = []
    sent = set(endpoint["enabled_events"])
    missing = sorted(parsing.EVENT_TYPES - sent) if "*" not in sent else []
    more = sorted(sent - parsing.EVENT_TYPES)
    if endpoint["status"] != "enabled":
        off = _("The endpoint at %(address)s is switched off: no event comes.") % {"address": address()}
        found.append(fault(NAME, off, _run()))
    if missing:
        found.append(fault(NAME, _("The endpoint does not send %(events)s.") % {"events": ", ".join(missing)}, _run()))
    if more:
        what = _("every event that there is") if more == ["*"] else ", ".join(more)
        unread = _("The endpoint sends %(events)s, which this site does not read.") % {"events": what}
        found.append(warning(NAME, unread, _run()))
    if _release(endpoint) != parsing.RELEASE:
        theirs = endpoint["api_version"] or _("the account's own version")
        found.append(
            warning(
                NAME,
                _("The endpoint sends %(theirs)s, not %(ours)s: each object is fetched again, later.")
                % {"theirs": theirs, "ours": client.api_version()},
                _("A version cannot be changed: delete the endpoint in the dashboard, then run %(command)s.")
                % {"command": REGISTER},
            )
        )
    return found


def _good(endpoint: Endpoint) -> Finding:
    return good(
        NAME,
        _("%(address)s gets exactly our %(count)d events, in %(version)s.")
        % {
            "address": endpoint["url"],
            "count": len(parsing.EVENT_TYPES),
            "version": endpoint["api_version"],
        },
    )
