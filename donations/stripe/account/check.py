"""Looks at the key and the account behind it, as a person would in Stripe's dashboard. Books nothing.

What Stripe's API does not tell is said as a thing to look at. No message holds the key.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from donations.stripe.account import calls, endpoint, permissions
from donations.stripe.errors import Refused, StripeUnavailable
from lib.finding import Finding, fault, good, warning

Account = dict[str, Any]


def findings() -> list[Finding]:
    """All that there is to say, the key first. Ends where Stripe does not answer, or does not know the key."""
    found = [_key()]
    try:
        for look in (_permissions, account, _endpoint, _page):
            found += look()
    except StripeUnavailable:
        found.append(
            fault(
                "Stripe",
                _("No answer from %(address)s.") % {"address": settings.STRIPE_API_BASE},
                _("Let this machine reach it; if it is the sandbox of this site, start the site. Then try again."),
            )
        )
    except Refused as error:
        found.append(_refused(error))
    return [*found, _receipts()]


def _key() -> Finding:
    if settings.STRIPE_SECRET_KEY.startswith("rk_"):
        live, test = _("A restricted key for real money."), _("A restricted key of test mode: no real money moves.")
    else:
        live, test = _("A secret key for real money."), _("A secret key of test mode: no real money moves.")
    return good("key", live if settings.STRIPE_LIVE else test)


def _refused(error: Refused) -> Finding:
    if error.status == 401:
        return fault(
            "key",
            _("Stripe does not know this key: it is mistyped, or was taken back."),
            _("Copy the key anew from Stripe's dashboard (Developers, API keys) into STRIPE_SECRET_KEY."),
        )
    return fault(
        "Stripe",
        _("Stripe refused a call of ours (%(status)s %(code)s): %(message)s")
        % {"status": error.status, "code": error.code, "message": error.message},
        _("Stripe's dashboard, under Developers and Logs, shows the call."),
    )


def _permissions() -> list[Finding]:
    lacking = [_lacks("permissions", name) for name in permissions.lacking()]
    return lacking or [good("permissions", _("The key may do all that the site asks of it."))]


def _lacks(name: str, permission: str) -> Finding:
    return fault(
        name,
        _('The key lacks "%(permission)s".') % {"permission": permission},
        _('Set "%(permission)s" in Stripe\'s dashboard (Developers, API keys, the key, Edit), or use a secret key.')
        % {"permission": permission},
    )


def account() -> list[Finding]:
    """What the account itself tells. Raises StripeUnavailable, or Refused when it is for no lacking permission."""
    try:
        told = calls.account()
    except Refused as error:
        if error.status != 403:
            raise
        return [
            warning(
                "account",
                _("The key may not read the account: currency, payouts and descriptor were not looked at."),
                _('Look yourself, or set "%(permission)s" (in the section Connect).')
                % {"permission": permissions.ACCOUNT},
            )
        ]
    return [_state(told), _currency(told), _payouts(told), _descriptor(told)]


def _state(told: Account) -> Finding:
    name = (told.get("business_profile") or {}).get("name") or told["id"]
    if told["charges_enabled"]:
        return good("account", _("%(name)s can take payments.") % {"name": name})
    due = (told.get("requirements") or {}).get("currently_due") or []
    return _when_meant(
        "account",
        _("%(name)s cannot take real payments yet; questions of Stripe's that are open: %(count)d.")
        % {"name": name, "count": len(due)},
        _("Answer them in Stripe's dashboard (Settings, Business)."),
    )


def _currency(told: Account) -> Finding:
    gifts, settled = settings.DONATION_CURRENCY.upper(), str(told["default_currency"]).upper()
    if gifts == settled:
        return good("currency", _("Gifts and the account are in %(currency)s.") % {"currency": gifts})
    return warning(
        "currency",
        _("Gifts are in %(gifts)s, the account is in %(settled)s: Stripe changes them, and takes a fee for it.")
        % {"gifts": gifts, "settled": settled},
        _("Add a bank account in %(gifts)s at Stripe (Settings, Payouts), or set DONATION_CURRENCY.")
        % {"gifts": gifts},
    )


def _payouts(told: Account) -> Finding:
    schedule = told["settings"]["payouts"]["schedule"]
    if not told["payouts_enabled"]:
        return _when_meant(
            "payouts",
            _("Stripe does not pay out: the money stays there."),
            _("Add a bank account in Stripe's dashboard (Settings, Payouts)."),
        )
    if schedule["interval"] == "manual":
        return warning(
            "payouts",
            _("Payouts are made by hand: Stripe does not tell which gifts such a payout carried."),
            _("Set them to automatic in Stripe's dashboard (Settings, Payouts)."),
        )
    return good(
        "payouts",
        _("Paid out %(interval)s, %(days)d days after a gift.")
        % {"interval": schedule["interval"], "days": schedule["delay_days"]},
    )


def _descriptor(told: Account) -> Finding:
    cards = (told["settings"].get("card_payments") or {}).get("statement_descriptor_prefix")
    if text := told["settings"]["payments"]["statement_descriptor"] or cards:
        return good("descriptor", _('Donors read "%(text)s" on their bank statement.') % {"text": text})
    return warning(
        "descriptor",
        _("No statement descriptor: donors who do not know a name on their bank statement dispute the payment."),
        _("Set one in Stripe's dashboard (Settings, Business, Public details)."),
    )


def _when_meant(name: str, message: str, remedy: str) -> Finding:
    """What keeps real money away is no fault while one practises."""
    return (fault if settings.STRIPE_LIVE else warning)(name, message, remedy)


def _endpoint() -> list[Finding]:
    try:
        return endpoint.findings()
    except Refused as error:
        if error.status != 403:
            raise
        return [
            warning(
                endpoint.NAME,
                _("The key may not read webhook endpoints: whether one sends to %(address)s is not known.")
                % {"address": endpoint.address()},
                _('Look yourself (Developers, Webhooks), or set "%(permission)s".')
                % {"permission": permissions.ENDPOINTS},
            )
        ]


def _page() -> list[Finding]:
    name = "payment page"
    try:
        session = permissions.try_page()
    except Refused as error:
        if error.status == 401:
            raise
        if error.status == 403:
            return [_lacks(name, permissions.named(permissions.NEEDS[0], error))]
        return [
            fault(
                name,
                _("Stripe opened none (%(code)s): %(message)s")
                % {"code": error.code or error.status, "message": error.message},
                _("Until that is mended nobody can give."),
            )
        ]
    ways = ", ".join(str(way).replace("_", " ") for way in session.get("payment_method_types") or [])
    return [good(name, _("It opens, and offers %(ways)s.") % {"ways": ways})]


def _receipts() -> Finding:
    return warning(
        "receipts",
        _("Whether Stripe mails receipts of its own cannot be asked. The site mails them."),
        _("Switch Stripe's off in its dashboard (Settings, Customer emails), those of refunds as well."),
    )
