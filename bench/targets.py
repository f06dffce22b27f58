"""What is measured, and which floor each is held against."""

from __future__ import annotations

import itertools
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode

from bench import payments
from bench.load import raw
from bench.payments import Story
from donations.models import Donation

# Makes so many requests; those of a page are all alike, and one is enough.
Requests = Callable[[int], Sequence[bytes]]
BARE, DRESSED, WEBHOOK, PAGE = "constant view", "constant view, our middleware", "minimal webhook", "three queries"
CSRF = "c" * 32


@dataclass(frozen=True)
class Target:
    """`floor` is the name of another target, or empty for a floor. `once`: each request may be sent only once."""

    port: int
    requests: Requests
    floor: str = ""
    connections: int = 8
    once: bool = False
    delay: int = 0  # of Stripe's answers, in milliseconds


def page(port: int, path: str, *, floor: str = "", session: str = "", language: str = "") -> Target:
    headers = ["Accept-Encoding: gzip"] + ([f"Cookie: session={session}"] if session else [])
    return Target(port, lambda _: [raw(port, path, headers=headers)], floor)


def floors(story: Story, bare: int, dressed: int) -> dict[str, Target]:
    """The ports are those of the floors without middleware, and of those behind ours."""
    numbers = itertools.count()

    def events(count: int) -> list[bytes]:
        gifts = (payments.Gift(str(uuid.UUID(int=next(numbers)))) for _ in range(count))
        return [_event(bare, "/webhook", body)
                for gift in gifts for body in story.bodies(gift, "checkout.session.completed")]  # fmt: skip

    return {
        BARE: page(bare, "/"),
        DRESSED: page(dressed, "/"),
        PAGE: page(dressed, "/page"),
        WEBHOOK: Target(bare, events, connections=4, once=True),
    }


def webhooks(story: Story, port: int) -> dict[str, Target]:
    known = story.bodies(payments.open_gifts(1)[0], "checkout.session.completed")[0]

    def told(*types: str) -> Requests:
        def make(count: int) -> list[bytes]:
            gifts = payments.open_gifts(-(-count // len(types or story.types)))
            return [_event(port, "/stripe-webhook/", body) for gift in gifts for body in story.bodies(gift, *types)]

        return make

    def unknown(count: int) -> list[bytes]:
        return [_event(port, "/stripe-webhook/", payments.unknown_type()) for _ in range(count)]

    def again(_: int) -> list[bytes]:
        return [_event(port, "/stripe-webhook/", known)]

    return {
        "new payment, by its session event": Target(port, told("checkout.session.completed"), WEBHOOK, 4, once=True),
        f"{len(story.types)} events of a payment, per event": Target(port, told(), WEBHOOK, 4, once=True),
        "duplicate": Target(port, again, WEBHOOK, 4),
        "unknown type": Target(port, unknown, WEBHOOK, 4, once=True),
    }


def pages(port: int, donor: str, treasurer: str, known: Donation) -> dict[str, Target]:
    """The last two are the sessions of a donor and of the treasurer; `known` is a paid donation."""
    public = {"home": "/", "donate": "/donate", "sponsors": "/sponsors", "docs": "/docs", "API: stats": "/api/stats/",
              "success": f"/success?session_id={known.session_id}"}  # fmt: skip
    donations = "/admin/donations/donation/"
    desk = {
        "front page": "/admin/",
        "donations": donations,
        "donations refunded": f"{donations}?status__exact=refunded",
        "donations flagged": f"{donations}?flagged=open",
        "search: e-mail": f"{donations}?{urlencode({'q': known.email})}",
        "search: name": f"{donations}?{urlencode({'q': known.name})}",
        "search: nobody": f"{donations}?q=xyzzy",
        "ledger": "/admin/donations/ledgerentry/",
        "Stripe events": "/admin/donations/stripeevent/",
    }
    return {
        **{name: page(port, path, floor=DRESSED) for name, path in public.items()},
        "account": page(port, "/account", floor=PAGE, session=donor),
        **{f"desk, {name}": page(port, path, floor=PAGE, session=treasurer) for name, path in desk.items()},
    }


def giving(port: int) -> dict[str, Target]:
    def form(count: int) -> list[bytes]:
        return [raw(port, "/donate", body=urlencode({"amount": "20", "token": secrets.token_urlsafe(16),
                                                     "csrfmiddlewaretoken": CSRF}).encode(),
                    headers=["Content-Type: application/x-www-form-urlencoded", f"Cookie: csrf={CSRF}"])
                for _ in range(count)]  # fmt: skip

    return {
        f"donation, Stripe answers {said}": Target(port, form, DRESSED, once=True, delay=delay)
        for delay, said in ((0, "at once"), (100, "after 100 ms"))
    }


def check(target: Target) -> tuple[int, int]:
    """Ask once; returns the bytes of the answer as they travel, and its status. Raises AssertionError on an error."""
    request = target.requests(1)[0]
    head, body = request.split(b"\r\n\r\n", 1)
    first, *headers = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    connection = HTTPConnection("localhost", target.port, timeout=60)
    connection.request(method, path, body or None, dict(header.split(": ", 1) for header in headers))
    response = connection.getresponse()
    size = len(response.read())
    assert response.status in {200, 303}, f"{method} {path}: {response.status}"
    return size, response.status


def _event(port: int, path: str, body: bytes) -> bytes:
    return raw(port, path, body=body, headers=payments.signed(body))
