"""Two processes behind one address, restarted one after the other while donors give: nobody notices, nothing goes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.system.chaos.line import Line
from tests.system.journeys.databases import POSTGRESQL, Database
from tests.system.journeys.donors import Donor
from tests.system.journeys.sites import Site, Stripe
from tests.system.journeys.waiting import Within

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not POSTGRESQL, reason="several processes are for PostgreSQL: docs/deploying.md"),
]


def test_a_rolling_restart_under_load_loses_no_request_and_no_gift(
    stack: ExitStack, new_database: Callable[[], Database], tmp_path: Path
) -> None:
    database, soon, over = new_database(), Within(120), threading.Event()
    stripe = Stripe(stack, tmp_path / "stripe.sqlite3", "")
    sites = [Site(stack, database, stripe.side.address) for _ in range(2)]
    line = Line([site.port for site in sites])
    stack.callback(line.close)
    address = f"http://127.0.0.1:{line.port}"
    stripe.arguments[stripe.arguments.index("--forward-to") + 1] = f"{address}/stripe-webhook/"
    stripe.start()
    for site in sites:
        site.variables["SITE_URL"] = address
        site.start()

    def gives_again_and_again() -> int:
        given = 0
        while not over.is_set():
            with Donor(address) as ada:
                # A browser asks once more by itself when an idle connection was closed; this one keeps none.
                ada.browser.headers["Connection"] = "close"
                answer = ada.opens_the_form().gives()
                assert answer.status_code == 303, answer.text
                ada.pays(answer.headers["Location"])
                given += 1
        return given

    with ThreadPoolExecutor(3) as donors:
        crowd = [donors.submit(gives_again_and_again) for _ in range(3)]
        try:
            for site in sites:
                soon.see(lambda: len(sites[0].ledger()) > 3, "gifts under way")
                assert site.running
                site.running.process.terminate()
                assert site.running.process.wait(40) == 0
                site.start()
        finally:
            over.set()
        given = sum(each.result() for each in crowd)

    soon.see(lambda: len(sites[0].ledger()) >= given, "every gift in the ledger")
    soon.see(lambda: not stripe.side.undelivered(), "every event taken")
    assert database.count("donations_ledgerentry") == database.count("donations_donation") == given
    soon.see(lambda: not database.count("mail_mail", "state = 'waiting'"), "every letter sent")
    assert database.count("mail_mail", "kind = 'paid'") == given
    assert database.count("mail_mail", "attempts <> 1") == 0, "each by one of the two, and once"
