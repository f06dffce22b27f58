"""A backup taken while donors give, more gifts, a restore, and what Stripe still knows: the books agree to the cent."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.project.running import python
from tests.system.journeys.donors import Donor
from tests.system.journeys.sites import Site, Stripe
from tests.system.journeys.waiting import Within

pytestmark = pytest.mark.slow


def test_a_backup_of_a_storm_restored_and_resynced_gives_books_that_agree(
    site_and_stripe: tuple[Site, Stripe], donor: Callable[[Site], Donor], tmp_path: Path
) -> None:
    site, stripe = site_and_stripe
    site.start()
    soon = Within(90)

    def gives(_: int) -> None:
        ada = donor(site)
        ada.pays(ada.gives_until_it_works(soon))

    with ThreadPoolExecutor(3) as donors:
        storm = [donors.submit(gives, number) for number in range(9)]
        soon.see(site.ledger, "the first gifts")
        made = python("manage.py", "backup", str(tmp_path), **site.variables)
        assert made.returncode == 0, made.stderr
        for gift in storm:
            gift.result()
    (backup,) = tmp_path.glob("tincup-*.tar.gz")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    # Of these Stripe never gets to tell.
    stripe.side.behave(delivery="lost")
    for number in range(2):
        gives(number)
    before = site.database.rows("SELECT id, session_id FROM donations_donation")

    refused = python("manage.py", "restore", "--replace", str(backup), **site.variables)
    assert refused.returncode == 1
    assert "stop the site" in refused.stderr
    site.kill()
    refused = python("manage.py", "restore", str(backup), **site.variables)
    assert "say --replace" in refused.stderr
    assert site.database.rows("SELECT id, session_id FROM donations_donation") == before, "nothing has changed"

    restored = python("manage.py", "restore", "--replace", str(backup), **site.variables)
    assert restored.returncode == 0, restored.stderr
    assert "is kept as" in restored.stdout
    assert site.database.count("donations_donation") < len(before), "the restored one is the older one"
    since = re.findall(r"reconcile --since (\S+)", restored.stdout)
    assert since == [f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"]

    for command in (["reconcile", "--since", since[0]], ["verify_books"]):
        done = python("manage.py", *command, **site.variables)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "The books agree." in done.stdout
    paid = [each["amount_total"] for each in stripe.side.sessions() if each["payment_status"] == "paid"]
    assert len(paid) == 11
    assert sorted(row[1] for row in site.ledger()) == sorted(paid), "0 cents of difference"
    (raised,) = site.database.rows("SELECT SUM(raised) FROM donations_total")
    assert raised[0] == sum(paid)
