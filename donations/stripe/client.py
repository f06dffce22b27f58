"""The one door to Stripe: nothing else imports the SDK. Plain dicts come out.

The SDK and what it stands on are loaded when Stripe is first spoken with: pages do without them.

In a web request: connect 3 s, the whole answer 8 s, no retry by the SDK; the retry is the donor's, by the same form.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache, partial, reduce
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from django.conf import settings

from donations.stripe.checkout import session_params
from donations.stripe.errors import BadSignature, RateLimited, StripeUnavailable, told
from donations.stripe.retries import with_retries
from lib.watch import measures
from lib.watch.scrubbing import scrub

if TYPE_CHECKING:
    import requests
    import stripe
    from stripe.params import RefundCreateParams

log = logging.getLogger(__name__)

TIMEOUT = (3, 8)  # seconds: to connect, for the whole answer
# Below the server's 32 threads: a site that calls itself (the sandbox) must keep threads for the inner calls, and a
# donor beyond this number is better told at once than left waiting.
_slots = threading.BoundedSemaphore(12)


def api_version() -> str:
    """Of every call, and of the events that we ask for."""
    import stripe

    return str(stripe.api_version)


def create_session(*, key: str, interval: str = "", **wanted: Any) -> dict[str, Any]:
    """Open a checkout session for what is `wanted` (see session_params); the same `key` and values give the same one.

    Raises StripeUnavailable or Refused.
    """
    params = session_params.build(interval=interval, **wanted)
    with _calling():
        session = as_dict(_service("checkout.sessions").create(params, {"idempotency_key": key}))
    if not str(session.get("id")).startswith("cs_") or not str(session.get("url")).startswith("http"):
        raise StripeUnavailable("an answer that is no open session")
    return session


def create_refund(*, key: str, payment: str, amount: int, reason: str, metadata: dict[str, str]) -> dict[str, Any]:
    """Send `amount` minor units of a payment intent back; the same `key` and values always give the same refund.

    `reason` is one of Stripe's, or empty. Raises StripeUnavailable or Refused.
    """
    params: RefundCreateParams = {"payment_intent": payment, "amount": amount, "metadata": metadata}
    if reason:
        params["reason"] = cast("Any", reason)
    with _calling():
        refund = as_dict(_client().v1.refunds.create(params, {"idempotency_key": key}))
    if not str(refund.get("id")).startswith(("re_", "pyr_")):
        raise StripeUnavailable("an answer that is no refund")
    return refund


# The first letters of an id -> the service that knows it, and what is fetched along with it.
_FETCHED: dict[str, tuple[str, list[str]]] = {
    # The charge tells when the payment happened; the intent's status tells a late failure.
    "cs": ("checkout.sessions", ["payment_intent.latest_charge"]),
    "pi": ("payment_intents", ["latest_charge"]),
    **dict.fromkeys(("ch", "py"), ("charges", [])),
    **dict.fromkeys(("re", "pyr"), ("refunds", [])),
    **dict.fromkeys(("dp", "du"), ("disputes", [])),
    "issfr": ("radar.early_fraud_warnings", []),
    "sub": ("subscriptions", []),
    "in": ("invoices", ["payments.data.payment.payment_intent"]),
}


def retrieve(reference: str) -> dict[str, Any]:
    """The present state of an object of a kind in _FETCHED, by its id.

    Raises StripeUnavailable, NotFound or Refused; ValueError for another id (an empty one would list all sessions).
    """
    kind = reference.split("_", 1)[0]
    if kind not in _FETCHED:
        raise ValueError(f"{reference!r} is nothing that we fetch")
    name, expand = _FETCHED[kind]
    with _calling():
        return as_dict(_service(name).retrieve(reference, {"expand": expand} if expand else None))


def _service(name: str) -> Any:
    return reduce(getattr, name.split("."), _client().v1)


# What `listed` can list -> what is expanded in each object.
_LISTS: dict[str, list[str]] = {
    "checkout.sessions": ["data.payment_intent.latest_charge"],
    "refunds": [],
    "disputes": [],
    "payouts": [],
    "events": [],
    "subscriptions": [],
    "invoices": ["data.payments"],
    "invoice_payments": [],
    # The source tells which payment a movement belongs to, and its amount in the currency of the gift.
    "balance_transactions": ["data.source"],
}


def listed(
    kind: str, since: datetime | None = None, until: datetime | None = None, *, patient: bool = False, **of: Any
) -> Iterator[dict[str, Any]]:
    """Every object of a kind in _LISTS, newest first: created from `since` to before `until`, or `of` something.

    Raises StripeUnavailable or Refused. A page is fetched when it is needed; only then does the call count as under
    way. See `with_retries`.
    """
    service = _service(kind)
    params: dict[str, Any] = {"limit": 100, "expand": _LISTS[kind], **of}
    if since is not None:
        params["created"] = {"gte": int(since.timestamp())}
    if until is not None:
        params.setdefault("created", {})["lt"] = int(until.timestamp())
    while True:
        ask = partial(_page, service, params)
        page = with_retries(ask) if patient else ask()
        yield from page["data"]
        if not page["has_more"]:
            return
        params["starting_after"] = page["data"][-1]["id"]


def _page(service: Any, params: dict[str, Any]) -> dict[str, Any]:
    with _calling():
        return as_dict(service.list(params))


def verify(payload: bytes, signature: str) -> str:
    """The payload's text, if one of our webhook secrets signed it within the last five minutes. Raises Forged.

    Only the check is taken from the SDK: building its typed event costs twenty times as much and adds no safety.
    """
    try:
        text = payload.decode("utf-8")
        # The SDK compares texts in constant time, which Python allows for ASCII only.
        signature.encode("ascii")
    except UnicodeError as error:
        raise BadSignature("not UTF-8, or a signature that is not ASCII") from error
    import stripe

    problem = "no webhook secret is set"
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            stripe.WebhookSignature.verify_header(text, signature, secret, tolerance=300)
        except stripe.SignatureVerificationError as error:
            problem = str(error)
        else:
            return text
    raise BadSignature(problem)


@contextmanager
def connected() -> Iterator[Any]:
    """The SDK's services, for a call that no function here makes. Raises StripeUnavailable or Refused."""
    with _calling():
        yield _client().v1


@contextmanager
def _calling() -> Iterator[None]:
    if not _slots.acquire(blocking=False):
        raise RateLimited("too many calls to Stripe at once")
    import stripe

    with measures.calling_stripe():
        try:
            yield
        except stripe.APIConnectionError as error:
            raise StripeUnavailable(scrub(str(error))) from error
        except stripe.StripeError as error:
            raise _translated(error) from error
        except OSError as error:
            # The SDK lets some of its transport's errors through: those of requests are of this kind.
            raise StripeUnavailable(scrub(str(error))) from error
        finally:
            _slots.release()


def _translated(error: stripe.StripeError) -> Exception:
    # The SDK leaves `.code` empty for several of its classes; the error object has it.
    code = str(getattr(error.error, "code", None) or "") if error.error else ""
    return told(error.http_status, code, str(error.user_message))


def _client() -> stripe.StripeClient:
    return _client_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@lru_cache(maxsize=4)
def _client_for(key: str, base: str) -> stripe.StripeClient:
    import stripe

    stripe.enable_telemetry = False
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        http_client=stripe.RequestsClient(timeout=TIMEOUT, session=_session(base)),
        max_network_retries=0,
    )


def _session(base: str) -> requests.Session:
    """A stand-in on this machine is not behind the proxy that the environment may name for the rest of the world."""
    from lib.web import patience

    session = patience.session(TIMEOUT[1])
    session.trust_env = urlsplit(base).hostname not in {"127.0.0.1", "localhost", "::1"}
    return session


def as_dict(thing: stripe.StripeObject) -> dict[str, Any]:
    """What the SDK gave, as plain values."""
    return dict(thing.to_dict(for_json=True))
