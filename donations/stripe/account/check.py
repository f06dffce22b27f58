"""Looks at the key and the account behind it, as a person would in Stripe's dashboard. Books nothing.

What Stripe's API does not tell is said as a thing to look at. No message holds the key.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from donations.stripe.account import calls, endpoint, permissions
from donations.stripe.errors import Refused, StripeUnavailable
from lib.findings import Finding, Level

Account = dict[str, Any]


def findings() -> list[Finding]:
    """All that there is to say, the key first. Ends where Stripe does not answer, or does not know the key."""
    found = [_key()]
    try:
        for look in (_permissions, account, _endpoint, _page):
            found += look()
    except StripeUnavailable:
        message = f"No answer from {settings.STRIPE_API_BASE}."
        remedy = "Is there a way to it from this machine, and if it is the sandbox, does the site run? Then try again."
        found.append(Finding("Stripe", Level.BAD, message, remedy))
    except Refused as error:
        found.append(_refused(error))
    return [*found, _receipts()]


def _key() -> Finding:
    kind = "restricted key" if settings.STRIPE_SECRET_KEY.startswith("rk_") else "secret key"
    if settings.STRIPE_LIVE:
        return Finding("Key", Level.GOOD, f"A live {kind}: real money.")
    return Finding("Key", Level.GOOD, f"A {kind} of test mode: no real money moves.")


def _refused(error: Refused) -> Finding:
    if error.status == 401:
        remedy = "Copy the key anew from Stripe's dashboard (Developers, API keys) into STRIPE_SECRET_KEY."
        return Finding("Key", Level.BAD, "Stripe does not know this key: it is mistyped, or was taken back.", remedy)
    message = f"Stripe refused a call of ours ({error.status} {error.code}): {error.message}"
    return Finding("Stripe", Level.BAD, message, "Stripe's dashboard, under Developers and Logs, shows the call.")


def _permissions() -> list[Finding]:
    lacking = permissions.lacking()
    if not lacking:
        return [Finding("Permissions", Level.GOOD, "The key may do all that the site asks of it.")]
    return [Finding("Permissions", Level.BAD, f'The key lacks "{name}".', _grant(name)) for name in lacking]


def _grant(name: str) -> str:
    return f'Set "{name}" in Stripe\'s dashboard (Developers, API keys, the key, Edit), or use a secret key.'


def account() -> list[Finding]:
    """What the account itself tells. Raises StripeUnavailable, or Refused when it is for no lacking permission."""
    try:
        told = calls.account()
    except Refused as error:
        if error.status != 403:
            raise
        message = "The key may not read the account: currency, payouts and descriptor were not looked at."
        remedy = f'Look yourself, or set "{permissions.ACCOUNT}" (in the section Connect).'
        return [Finding("Account", Level.LOOK, message, remedy)]
    return [_state(told), _currency(told), _payouts(told), _descriptor(told)]


def _state(told: Account) -> Finding:
    name = (told.get("business_profile") or {}).get("name") or told["id"]
    if told["charges_enabled"]:
        return Finding("Account", Level.GOOD, f"{name} can take payments.")
    due = len((told.get("requirements") or {}).get("currently_due") or [])
    message = f"{name} cannot take real payments yet" + (f": Stripe wants {due} more answers." if due else ".")
    level = Level.BAD if settings.STRIPE_LIVE else Level.LOOK
    return Finding("Account", level, message, "Answer Stripe's questions in its dashboard (Settings, Business).")


def _currency(told: Account) -> Finding:
    gifts, settled = settings.DONATION_CURRENCY.upper(), str(told["default_currency"]).upper()
    if gifts == settled:
        return Finding("Currency", Level.GOOD, f"Gifts and the account are in {gifts}.")
    message = f"Gifts are in {gifts}, the account is in {settled}: Stripe changes them, and takes a fee for it."
    remedy = f"Add a bank account in {gifts} at Stripe (Settings, Payouts), or set DONATION_CURRENCY."
    return Finding("Currency", Level.LOOK, message, remedy)


def _payouts(told: Account) -> Finding:
    schedule = told["settings"]["payouts"]["schedule"]
    interval, days = schedule["interval"], schedule["delay_days"]
    if not told["payouts_enabled"]:
        level = Level.BAD if settings.STRIPE_LIVE else Level.LOOK
        message = "Stripe does not pay out: money stays there."
        return Finding("Payouts", level, message, "Add a bank account in Stripe's dashboard (Settings, Payouts).")
    if interval == "manual":
        message = "Payouts are made by hand: Stripe does not tell which gifts such a payout carried."
        return Finding("Payouts", Level.LOOK, message, "Set them to automatic (Settings, Payouts).")
    return Finding("Payouts", Level.GOOD, f"Paid out {interval}, {days} days after a gift.")


def _descriptor(told: Account) -> Finding:
    cards = (told["settings"].get("card_payments") or {}).get("statement_descriptor_prefix")
    text = told["settings"]["payments"]["statement_descriptor"] or cards
    if text:
        return Finding("Descriptor", Level.GOOD, f'Donors read "{text}" on their bank statement.')
    message = "No statement descriptor: donors who do not know a name on their bank statement dispute the payment."
    return Finding("Descriptor", Level.LOOK, message, "Set one (Settings, Business, Public details).")


def _endpoint() -> list[Finding]:
    try:
        return endpoint.findings()
    except Refused as error:
        if error.status != 403:
            raise
        message = f"The key may not read webhook endpoints: whether one sends to {endpoint.address()} is not known."
        remedy = f'Look yourself (Developers, Webhooks), or set "{permissions.ENDPOINTS}".'
        return [Finding(endpoint.NAME, Level.LOOK, message, remedy)]


def _page() -> list[Finding]:
    try:
        session = permissions.try_page()
    except Refused as error:
        if error.status == 401:
            raise
        if error.status == 403:
            name = permissions.named(permissions.NEEDS[0], error)
            return [Finding("Payment page", Level.BAD, f'The key lacks "{name}".', _grant(name))]
        message = f"Stripe opened none ({error.code or error.status}): {error.message}"
        return [Finding("Payment page", Level.BAD, message, "Until that is mended nobody can give.")]
    ways = ", ".join(str(way).replace("_", " ") for way in session.get("payment_method_types") or [])
    remedy = "More, or fewer: Settings, Payment methods; test mode and live mode each have their own."
    return [Finding("Payment page", Level.GOOD, f"It opens, and offers {ways}.", remedy)]


def _receipts() -> Finding:
    message = "Whether Stripe mails receipts of its own cannot be asked. The site mails them."
    return Finding("Receipts", Level.LOOK, message, "Switch both off in the dashboard (Settings, Customer emails).")
