"""Two sites on one host and one Stripe account: each books its own gifts, and writes to its own donors."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.project.running import python
from tests.system.journeys.databases import Database
from tests.system.journeys.donors import Donor
from tests.system.journeys.sites import Site, Stripe
from tests.system.journeys.waiting import Within

pytestmark = pytest.mark.slow


def test_a_gift_to_the_site_on_another_port_is_booked_there_alone(
    stack: ExitStack,
    site_and_stripe: tuple[Site, Stripe],
    new_database: Callable[[], Database],
    donor: Callable[[Site], Donor],
) -> None:
    hears, stripe = site_and_stripe
    other = Site(stack, fresh(new_database()), stripe.side.address)
    # Stripe's events of both go to the first one.
    hears.start()
    other.start()
    soon = Within(60)
    for site, amount in ((other, "50"), (hears, "20")):
        ada = donor(site)
        ada.pays(ada.gives_until_it_works(soon, amount))
    mine = {session["metadata"]["tincup_site_id"] for session in stripe.side.sessions()}
    assert len(mine) == 2, "each has an id of its own"
    assert {session["metadata"]["tincup_site"] for session in stripe.side.sessions()} == {"127.0.0.1"}

    soon.see(hears.ledger, "its own gift")
    soon.see(lambda: not stripe.side.undelivered(), "all events delivered")
    assert [row[1] for row in hears.ledger()] == [2000]
    assert hears.database.count("donations_donation") == hears.database.count("mail_mail", "kind = 'paid'") == 1
    assert hears.database.count("donations_stripeevent", "state NOT IN ('handled', 'ignored')") == 0

    for each, booked in ((hears, 2000), (other, 5000)):
        done = python("manage.py", "reconcile", **each.variables)
        assert done.returncode == 0, done.stderr
        assert [row[1] for row in each.ledger()] == [booked]
        done = python("manage.py", "verify_books", **each.variables)
        assert "The books agree." in done.stdout, done.stdout


def fresh(database: Database) -> Database:
    """The databases of these tests are copies of one: as anybody who copies one, this one takes an id of its own."""
    done = python("manage.py", "site_id", "--new", SECRET_KEY="x" * 40, DEBUG="true", DATABASE_URL=database.url)
    assert done.returncode == 0, done.stderr
    return database
