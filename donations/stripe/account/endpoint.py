"""The webhook endpoint at Stripe that brings this site its events: whether it is right, and how to make it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.urls import reverse

from donations.stripe import client, parsing
from donations.stripe.account import calls
from donations.stripe.account.calls import Endpoint
from lib.findings import Finding, Level

REGISTER = "`manage.py stripe_check --register`"
NAME = "Webhook"
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
    made = calls.create_webhook_endpoint(address(), events, client.API_VERSION, settings.SITE_NAME)
    return Registered(str(made["id"]), made=True, secret=str(made.get("secret") or ""))


def findings() -> list[Finding]:
    """Whether Stripe sends this site what it needs. Raises StripeUnavailable or Refused."""
    ours = _ours(calls.webhook_endpoints())
    found = [_secret()] if not settings.STRIPE_WEBHOOK_SECRETS else []
    if not ours:
        return [*found, _none()]
    if len([each for each in ours if each["status"] == "enabled"]) > 1:
        message = f"More than one endpoint sends to {address()}: every event comes as often, each with its own secret."
        found.append(Finding(NAME, Level.LOOK, message, "Keep one of them in the dashboard, under Webhooks."))
    return [*found, *(_problems(ours[0]) or [_good(ours[0])])]


def _ours(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Those that send to this site, the best one first. Our address answers with and without its last stroke."""
    here = [each for each in endpoints if str(each["url"]).rstrip("/") == address().rstrip("/")]
    return sorted(here, key=lambda each: (_release(each) != parsing.RELEASE, each["status"] != "enabled"))


def _release(endpoint: Endpoint) -> str:
    return str(endpoint["api_version"] or "").partition(".")[2]


def _none() -> Finding:
    if settings.DEBUG:
        remedy = f"On your own machine run `stripe listen --latest --forward-to {address()}`; in public, {REGISTER}."
        return Finding(NAME, Level.LOOK, f"No endpoint at Stripe sends to {address()}.", remedy)
    message = f"No endpoint at Stripe sends to {address()}: gifts are noticed late."
    return Finding(NAME, Level.BAD, message, f"Run {REGISTER}.")


def _secret() -> Finding:
    remedy = "Copy the endpoint's signing secret (whsec_…) into .env: without it every event is refused."
    return Finding(NAME, Level.LOOK if settings.DEBUG else Level.BAD, "STRIPE_WEBHOOK_SECRET is not set.", remedy)


def _problems(endpoint: Endpoint) -> list[Finding]:
    found = []
    sent = set(endpoint["enabled_events"])
    missing = sorted(parsing.EVENT_TYPES - sent) if "*" not in sent else []
    more = sorted(sent - parsing.EVENT_TYPES)
    if endpoint["status"] != "enabled":
        message = f"The endpoint at {address()} is switched off: no event comes."
        found.append(Finding(NAME, Level.BAD, message, f"Run {REGISTER}."))
    if missing:
        message = f"The endpoint does not send {', '.join(missing)}."
        found.append(Finding(NAME, Level.BAD, message, f"Run {REGISTER}."))
    if more:
        what = "every event that there is" if more == ["*"] else ", ".join(more)
        message = f"The endpoint sends {what}, which this site does not read."
        found.append(Finding(NAME, Level.LOOK, message, f"Run {REGISTER}."))
    if _release(endpoint) != parsing.RELEASE:
        release = endpoint["api_version"] or "the account's own version"
        message = f"The endpoint sends {release}, not {client.API_VERSION}: each object is fetched again, later."
        remedy = f"A version cannot be changed: delete the endpoint in the dashboard, then run {REGISTER}."
        found.append(Finding(NAME, Level.LOOK, message, remedy))
    return found


def _good(endpoint: Endpoint) -> Finding:
    message = f"{endpoint['url']} gets exactly our {len(parsing.EVENT_TYPES)} events, in {endpoint['api_version']}."
    return Finding(NAME, Level.GOOD, message)
