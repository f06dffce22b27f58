"""One database, one mode: the first start decides it, what is stored proves it, and the other key is refused."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest
import pytest_django
from django.core.management import CommandError, call_command
from django.test import Client

from donations.ledger import mode
from donations.ledger.mode import Mode, WrongMode
from donations.models import Donation, SiteIdentity, StripeEvent
from donations.stripe import redaction
from project import worker
from tests.donations.stripe_objects import event, session

pytestmark = pytest.mark.django_db
Make = Callable[..., Donation]


@pytest.fixture
def live(settings: pytest_django.Settings) -> None:
    settings.STRIPE_LIVE = True


def start(settings: pytest_django.Settings, *, live: bool) -> str:
    """What a start with such a key says; nothing when it goes on."""
    settings.STRIPE_LIVE = live
    try:
        mode.hold()
    except WrongMode as error:
        return str(error)
    return ""


def stored(body: str, number: int = 1) -> None:
    StripeEvent.objects.create(id=f"evt_{number}", type="charge.succeeded", state="handled", body=body)


@pytest.mark.parametrize("first", [True, False], ids=["live", "test"])
def test_the_first_start_decides_and_the_other_key_is_refused_from_then_on(
    settings: pytest_django.Settings, first: bool
) -> None:
    assert start(settings, live=first) == ""
    assert SiteIdentity.objects.get().mode == ("live" if first else "test")
    for _ in range(2):
        refused = start(settings, live=not first)
        assert refused.startswith("STRIPE_SECRET_KEY ")
        assert "\n" not in refused
        assert "DATABASE_URL" in refused
        assert ("drop_practice" in refused) is not first, "no way to drop real money is named"
        assert start(settings, live=first) == ""


@pytest.mark.parametrize("live", [True, False])
def test_the_sessions_of_an_older_database_prove_its_mode(
    settings: pytest_django.Settings, make_donation: Make, live: bool
) -> None:
    make_donation(session_id="cs_live_1" if live else "cs_test_1")
    assert start(settings, live=not live) != ""
    assert start(settings, live=live) == ""


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize(
    "written",
    [json.dumps, lambda thing: json.dumps(thing, indent=2), lambda thing: redaction.redact(json.dumps(thing))],
    ids=["plain", "as Stripe writes it", "redacted"],
)
def test_the_events_of_an_older_database_prove_its_mode(
    settings: pytest_django.Settings, donation: Donation, live: bool, written: Callable[[object], str]
) -> None:
    stored(written(event("checkout.session.completed", session(donation, livemode=live), livemode=live)))
    assert start(settings, live=not live) != ""
    assert start(settings, live=live) == ""


def test_real_gifts_among_the_practice_of_an_older_database_make_it_live(
    settings: pytest_django.Settings, make_donation: Make
) -> None:
    make_donation(session_id="cs_test_1")
    make_donation(session_id="cs_live_1")
    assert start(settings, live=False) != ""
    assert start(settings, live=True) == ""


def test_a_donor_who_writes_what_an_event_says_proves_nothing(
    settings: pytest_django.Settings, donation: Donation
) -> None:
    words = session(donation, customer_details={"name": '"livemode": true', "email": '"livemode":true'})
    stored(json.dumps(event("checkout.session.completed", words)))
    assert mode.proven() == Mode.TEST


@pytest.mark.parametrize("live", [True, False])
def test_gifts_of_which_nothing_tells_take_the_mode_of_the_key(
    settings: pytest_django.Settings, donation: Donation, live: bool
) -> None:
    stored("")
    assert mode.known() == Mode.UNDECIDED
    assert start(settings, live=live) == ""
    assert start(settings, live=not live) != ""


def test_what_is_decided_is_not_decided_again_by_what_comes_in(
    settings: pytest_django.Settings, make_donation: Make
) -> None:
    start(settings, live=True)
    make_donation(session_id="cs_test_1")
    assert start(settings, live=True) == ""


def test_a_database_that_lost_its_identity_gets_one(settings: pytest_django.Settings) -> None:
    SiteIdentity.objects.all().delete()
    assert start(settings, live=True) == ""
    assert SiteIdentity.objects.get().mode == Mode.LIVE


@pytest.mark.parametrize("command", ["reconcile", "verify_books", "housekeeping"])
def test_no_command_books_with_the_other_key(settings: pytest_django.Settings, command: str) -> None:
    start(settings, live=False)
    settings.STRIPE_LIVE = True
    with pytest.raises(CommandError, match="STRIPE_SECRET_KEY is a live key"):
        call_command(command)


def test_demo_data_is_not_written_into_a_live_database(settings: pytest_django.Settings) -> None:
    start(settings, live=True)
    settings.STRIPE_LIVE = False
    settings.STRIPE_API_BASE = "http://localhost:8000/sandbox"
    with pytest.raises(CommandError, match="this database is of real money"):
        call_command("demo_data")
    assert not Donation.objects.exists()


def test_a_server_that_runs_with_the_other_key_is_not_ready_and_ends_itself(
    settings: pytest_django.Settings,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The practice was dropped under it, or its database did not answer when it started."""
    start(settings, live=False)
    assert client.get("/readyz").status_code == 200
    SiteIdentity.objects.update(mode=Mode.LIVE)
    answer = client.get("/readyz")
    assert (answer.status_code, "real money" in answer.text) == (503, True)

    sent: list[tuple[int, int]] = []
    booked: list[int] = []
    monkeypatch.setattr("os.kill", lambda *signal: sent.append(signal))
    monkeypatch.setattr("django.db.close_old_connections", lambda: None)
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    monkeypatch.setattr("donations.jobs.scheduler.run_due", lambda: booked.append(1))
    with caplog.at_level(logging.CRITICAL):
        worker._run()
    assert (len(sent), booked) == (1, [])
    assert "real money" in caplog.text
