"""What is counted while the site runs, for `/metrics`. Each process counts for itself, since its start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()

REQUESTS = Counter("tincup_requests", "Requests answered.", ["view", "method", "status"], registry=REGISTRY)
REQUEST_SECONDS = Histogram(
    "tincup_request_seconds",
    "How long an answer took.",
    ["view"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
    registry=REGISTRY,
)
WEBHOOKS = Counter("tincup_webhook_deliveries", "Deliveries of Stripe's, by the answer.", ["answer"], registry=REGISTRY)
WEBHOOK_LAG = Histogram(
    "tincup_webhook_lag_seconds",
    "From what happened at Stripe to its event here.",
    buckets=(1, 2, 5, 10, 30, 60, 300, 3600, 86400, 259200),
    registry=REGISTRY,
)
STRIPE_CALLS = Counter("tincup_stripe_calls", "Calls to Stripe, by how they ended.", ["outcome"], registry=REGISTRY)
STRIPE_SECONDS = Histogram(
    "tincup_stripe_call_seconds",
    "How long Stripe took.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 4, 8, 11, 15),
    registry=REGISTRY,
)

# Another method is another word of the client's own choosing.
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


def answered(view: str, method: str, status: int, seconds: float) -> None:
    """`view` is the name of an address, never the address: that has as many forms as visitors like."""
    REQUESTS.labels(view, method if method in METHODS else "other", str(status)).inc()
    REQUEST_SECONDS.labels(view).observe(seconds)


def event_came(created: object) -> None:
    """By the second in which Stripe says that it made it."""
    if isinstance(created, int):
        WEBHOOK_LAG.observe(max(0.0, time.time() - created))


@contextmanager
def calling_stripe() -> Iterator[None]:
    """An error counts by the name of its class."""
    begun = time.monotonic()
    outcome = "ok"
    try:
        yield
    except Exception as error:
        outcome = type(error).__name__
        raise
    finally:
        STRIPE_CALLS.labels(outcome).inc()
        STRIPE_SECONDS.observe(time.monotonic() - begun)
