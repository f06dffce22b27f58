"""What a donor or the staff do to a subscription at Stripe; each change is booked from Stripe's own answer.

So a lost event changes nothing. `key` makes a change one, however often it is sent; each of them raises
StripeUnavailable (nobody knows whether Stripe acted: send the same again) or Refused.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from donations.domain.subscription import EndedBy
from donations.ledger import identity
from donations.models import Subscription
from donations.stripe import client, events, parsing, polling
from donations.stripe.checkout import locales
from donations.stripe.errors import NotFound, StripeUnavailable
from donations.stripe.recurring import polling as recurring
from lib import languages


def stop(subscription: Subscription, *, by: EndedBy, key: str) -> None:
    """End it now: nothing is charged any more, nor what is still owed."""
    asked_at = polling.fetch_time()
    name = subscription.stripe_id
    try:
        with client.connected() as services:
            # The call that ends it takes no metadata.
            services.subscriptions.update(
                name, {"metadata": {"tincup_stopped_by": by.value}}, {"idempotency_key": f"{key}-by"}
            )
            answer = services.subscriptions.cancel(name, {}, {"idempotency_key": key})
    except NotFound:
        # Somebody was quicker.
        recurring.fetch(name)
        return
    _book(subscription, client.as_dict(answer), asked_at)


def stop_at_period_end(subscription: Subscription, *, by: EndedBy, key: str) -> None:
    """Charge nothing any more; it ends with what was paid for."""
    wanted = {"cancel_at_period_end": True, "metadata": {"tincup_stopped_by": by.value}}
    try:
        _update(subscription, wanted, key)
    except NotFound:
        recurring.fetch(subscription.stripe_id)


def change_amount(subscription: Subscription, amount: int, *, key: str) -> None:
    """Charge `amount` minor units from the next charge on; nothing now."""
    thing = client.retrieve(subscription.stripe_id)
    item = thing["items"]["data"][0]
    price = item["price"]
    made = {
        "currency": price["currency"],
        "product": price["product"],
        "recurring": {"interval": price["recurring"]["interval"]},
        "unit_amount": amount,
    }
    items = [{"id": item["id"], "price_data": made, "quantity": 1}]
    _update(subscription, {"items": items, "proration_behavior": "none"}, key)


def pause(subscription: Subscription, until: datetime | None, *, key: str) -> None:
    """Charge nothing until then, or until it is resumed. What falls due meanwhile is void, and not asked for later."""
    paused: dict[str, Any] = {"behavior": "void"}
    if until:
        paused["resumes_at"] = int(until.timestamp())
    _update(subscription, {"pause_collection": paused}, key)


def resume(subscription: Subscription, *, key: str) -> None:
    """Go on: the next charge is that of the next period."""
    _update(subscription, {"pause_collection": ""}, key)


def keep(subscription: Subscription, *, key: str) -> None:
    """Take back an end that was decided, and has not come yet: it goes on as before."""
    thing = client.retrieve(subscription.stripe_id)
    # Either way of deciding it is taken back in its own way.
    undone = {"cancel_at_period_end": False} if thing.get("cancel_at_period_end") else {"cancel_at": ""}
    _update(subscription, undone, key)


def card_page(subscription: Subscription, *, back: str) -> str:
    """The address of Stripe's page on which the card is changed; it works for minutes, for whoever has it.

    https://docs.stripe.com/customer-management/portal-deep-links
    """
    wanted = {
        "customer": subscription.customer,
        "configuration": _configuration(),
        "return_url": back,
        "flow_data": {
            "type": "payment_method_update",
            "after_completion": {"type": "redirect", "redirect": {"return_url": back}},
        },
    }
    if locale := locales.for_checkout(languages.active()):
        wanted["locale"] = locale
    with client.connected() as services:
        session = client.as_dict(services.billing_portal.sessions.create(wanted))
    if not str(session.get("url")).startswith("http"):
        raise StripeUnavailable("an answer that is no page of the billing portal")
    return str(session["url"])


def invoice_page(invoice: str) -> str:
    """The address of Stripe's page on which a charge that failed is paid, by any card; empty if it is not owed now."""
    asked_at = polling.fetch_time()
    thing = client.retrieve(invoice)
    if update := parsing.update_of(thing, at=asked_at):
        events.post(update)
    return str(thing.get("hosted_invoice_url") or "") if thing.get("status") == "open" else ""


def _configuration() -> str:
    """What donors may do in Stripe's portal; the rest they do here. Made once for each site, and found by its mark."""
    mark = {"tincup_site_id": str(identity.site_id())}
    with client.connected() as services:
        found = client.as_dict(services.billing_portal.configurations.list({"active": True, "limit": 100}))["data"]
        for each in found:
            if (each.get("metadata") or {}).items() >= mark.items():
                return str(each["id"])
        features = {"payment_method_update": {"enabled": True}, "invoice_history": {"enabled": True}}
        wanted = {"features": features, "metadata": mark}
        made = services.billing_portal.configurations.create(
            wanted, {"idempotency_key": f"portal-{mark['tincup_site_id']}"}
        )
    return str(client.as_dict(made)["id"])


def _update(subscription: Subscription, wanted: dict[str, Any], key: str) -> None:
    asked_at = polling.fetch_time()
    with client.connected() as services:
        answer = services.subscriptions.update(subscription.stripe_id, wanted, {"idempotency_key": key})
    _book(subscription, client.as_dict(answer), asked_at)


def _book(subscription: Subscription, thing: dict[str, Any], asked_at: datetime) -> None:
    # What Stripe answers to a change is newer than what was known before it, though both are of one second.
    known = Subscription.objects.values_list("as_of", flat=True).get(pk=subscription.pk)
    at = max(asked_at, known + timedelta(microseconds=1)) if known else asked_at
    if update := parsing.update_of(thing, at=at):
        events.post(update)
