"""What may arrive at the public doors of the machines, from outside: forged, broken, huge. No row changes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests

from tests.donations.stripe_objects import signature
from tests.project.running import free_port
from tests.system.journeys.databases import Database
from tests.system.journeys.donors import Donor
from tests.system.journeys.sites import Site, Stripe
from tests.system.journeys.stripe_side import SECRET
from tests.system.journeys.waiting import Within

KB = 1000


@pytest.fixture(scope="module")
def gift(
    new_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, bytes]]:
    """A site with a gift that was paid at Stripe, and the one event that would tell the site so."""
    with ExitStack() as stack:
        port = free_port()
        file = tmp_path_factory.mktemp("stripe") / "stripe.sqlite3"
        stripe = Stripe(stack, file, f"http://127.0.0.1:{port}/stripe-webhook/")
        stripe.start()
        site = Site(stack, new_database(), stripe.side.address, port)
        site.start()
        site.stripe.behave(delivery="lost")
        ada = stack.enter_context(Donor(site.address)).opens_the_form()
        ada.pays(ada.gives_until_it_works(Within(20)))
        (completed,) = site.stripe.events(type="checkout.session.completed")
        yield site, json.dumps(completed).encode()


def signed(body: bytes) -> str:
    return signature(body, secret=SECRET)


FORGED: dict[str, Callable[[bytes], tuple[bytes, str]]] = {
    "unsigned": lambda body: (body, ""),
    "signed with another secret": lambda body: (body, signature(body, secret="whsec_guessed")),
    "signed by nobody": lambda body: (body, signed(body).partition("v1=")[0] + "v1=" + "0" * 64),
    "stale": lambda body: (body, signature(body, secret=SECRET, at=time.time() - 301)),
    "truncated on the way": lambda body: (body[:-1], signed(body)),
    "changed on the way": lambda body: (body.replace(b"2000", b"9000"), signed(body)),
}
SIGNED: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda body: body[:-1],
    "empty": lambda body: b"",
    "not JSON": lambda body: b"payment received, thank you",
    "not text": lambda body: b"\xff\xfe\x00",
    "a list": lambda body: b"[]",
    "no event": lambda body: json.dumps(json.loads(body)["data"]["object"]).encode(),
    "nested without end": lambda body: b"[" * 100_000,
    "of the live mode": lambda body: json.dumps(json.loads(body) | {"livemode": True}).encode(),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_event_is_refused_and_changes_no_row(
    gift: tuple[Site, bytes], forge: Callable[[bytes], tuple[bytes, str]]
) -> None:
    site, body = gift
    before = site.database.everything()
    assert site.receives(*forge(body)) == 400
    assert site.database.everything() == before


@pytest.mark.parametrize("make", SIGNED.values(), ids=SIGNED)
def test_a_body_that_is_no_event_of_ours_is_refused_even_if_it_is_signed(
    gift: tuple[Site, bytes], make: Callable[[bytes], bytes]
) -> None:
    site, genuine = gift
    before = site.database.everything()
    body = make(genuine)
    assert site.receives(body, signed(body)) == 400
    assert site.database.everything() == before


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
@pytest.mark.parametrize("size", [300 * KB, 5000 * KB], ids=["300 KB", "5 MB"])
def test_a_huge_body_is_refused_even_if_it_is_a_genuine_event(
    gift: tuple[Site, bytes], size: int, chunked: bool
) -> None:
    site, genuine = gift
    before = site.database.everything()
    body = genuine + b" " * (size - len(genuine))
    pieces = (body[start : start + 64 * KB] for start in range(0, len(body), 64 * KB))
    started = time.monotonic()
    answer = requests.post(
        f"{site.address}/stripe-webhook/",
        data=pieces if chunked else body,
        headers={"Stripe-Signature": signed(body), "Content-Type": "application/json"},
        timeout=20,
    )
    assert answer.status_code == 413
    assert time.monotonic() - started < 10
    assert site.database.everything() == before


COSTLY = ["1e3000000", "-1e3000000", "1e-3000000", "9" * 100_000, "NaN", "Infinity"]


@pytest.mark.parametrize("amount", COSTLY, ids=lambda amount: amount[:12])
def test_a_number_that_would_cost_minutes_is_refused_at_once(gift: tuple[Site, bytes], amount: str) -> None:
    site, _ = gift
    before = site.database.everything()
    started = time.monotonic()
    url = f"{site.address}/api/donations/create-checkout-session/"
    answer = requests.post(url, data=f'{{"amount": {amount}}}', timeout=20)
    assert time.monotonic() - started < 10
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "amount_malformed"
    assert site.database.everything() == before


def test_after_all_that_the_genuine_event_is_taken(gift: tuple[Site, bytes]) -> None:
    """And in chunks, as a proxy may pass it on: what was refused above was refused for what it is."""
    site, body = gift
    answer = requests.post(
        f"{site.address}/stripe-webhook/",
        data=(body[start : start + 500] for start in range(0, len(body), 500)),
        headers={"Stripe-Signature": signed(body)},
        timeout=20,
    )
    assert answer.status_code == 200
    assert [row[:3] for row in site.ledger()] == [("payment", 2000, "usd")]
    assert site.database.rows("SELECT status FROM donations_donation") == [("paid",)]
