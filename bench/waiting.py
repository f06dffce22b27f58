"""Whether donors who wait for Stripe hold up those who only look: 16 of them, 100 ms each.

What counts is the waiting, not the work around it: the same donations at the same pace are the comparison, with a
Stripe that answers at once and donors who wait at home instead.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bench import load
from bench.targets import DRESSED

if TYPE_CHECKING:
    from bench.measure import Sites
    from bench.targets import Target

DONORS = 16
WAIT = 100  # milliseconds
SECONDS = 2.0
EVERY = 0.25  # seconds, from one donation of a donor to the next: who is sent away at once must not come more often


def measure(sites: Sites, targets: dict[str, Target], rounds: int) -> dict[str, list[float]]:
    """Pages a second: alone, beside donors who wait at Stripe, and beside those who wait at home."""
    page, form = targets["home"], targets["donation, Stripe answers at once"]
    found: dict[str, list[float]] = {"alone": [], "waiting at Stripe": [], "waiting at home": [], DRESSED: []}
    for _ in range(rounds):
        found["alone"].append(_pages(page))
        found[DRESSED].append(_pages(targets[DRESSED]))
        for name, delay in (("waiting at Stripe", WAIT), ("waiting at home", 0)):
            sites.stripe_takes(delay)
            with ThreadPoolExecutor(1) as beside:
                requests = form.requests(int(DONORS * SECONDS * 1000 / WAIT) * 2)
                donors = beside.submit(
                    load.send, form.port, requests, connections=DONORS, seconds=SECONDS + 0.5, pause=EVERY,
                    crowded=True,
                )  # fmt: skip
                found[name].append(_pages(page))
                donors.result()
    sites.stripe_takes(0)
    return found


def _pages(target: Target) -> float:
    return load.send(target.port, target.requests(1), connections=8, seconds=SECONDS).rate
