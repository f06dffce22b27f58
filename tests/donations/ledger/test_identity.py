"""Two sites on one Stripe account, on one host even: each books its own gifts, and those alone."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from donations.giving import checkout
from donations.giving.claims import Order
from donations.jobs import scheduler
from donations.ledger import identity
from donations.models import BalanceTransaction, Donation, LedgerEntry, RefundRequest, SiteIdentity, StripeEvent
from donations.reporting import period_figures, reconciliation
from donations.stripe import balance_transactions, client, events, refunds
from donations.stripe.parsing.values import site_of
from mail.models import Mail
from tests.donations.reporting.test_exports import exported
from tests.donations.stripe_book import HOUR, movement
from tests.donations.stripe_objects import charge, event, intent, session

pytestmark = pytest.mark.django_db
Make = Callable[..., Donation]
ANOTHER = "0123456789abcdef0123456789abcdef"


def elsewhere(amount: int = 3000) -> Donation:
    """A gift that this database has never heard of."""
    return Donation(uuid=uuid4(), amount=amount, currency="usd")


def marked(donation: Donation, **marks: str) -> dict[str, dict[str, str]]:
    return {"metadata": {"tincup_donation": str(donation.uuid), **marks}}


def hear(kind: str, thing: dict[str, Any]) -> str:
    told = event(kind, thing)
    events.receive(json.dumps(told))
    return str(StripeEvent.objects.get(pk=told["id"]).state)


def month_of_the_movements() -> date:
    return timezone.localdate(timezone.now() - timedelta(seconds=HOUR)).replace(day=1)


def site_id_command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("site_id", *arguments, stdout=out)
    return out.getvalue().strip()


# --- What is whose ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [session, intent, charge], ids=["its session", "its payment intent", "its charge"])
def test_a_gift_of_another_site_on_this_host_is_not_rebuilt_and_no_receipt_is_sent(
    of: Callable[..., dict[str, Any]], mailoutbox: list[Any]
) -> None:
    theirs = elsewhere()
    thing = of(theirs, **marked(theirs, tincup_site="localhost", tincup_site_id=ANOTHER))
    kind = {"checkout.session": "checkout.session.completed", "payment_intent": "payment_intent.succeeded"}
    assert hear(kind.get(thing["object"], "charge.succeeded"), thing) == "ignored"
    scheduler.send_emails()
    assert (Donation.objects.count(), LedgerEntry.objects.count(), Mail.objects.count(), mailoutbox) == (0, 0, 0, [])


@pytest.mark.parametrize("host", ["localhost", "the.old.host", ""])
def test_a_gift_with_our_id_that_a_restored_backup_has_forgotten_is_rebuilt_whatever_the_host_was(host: str) -> None:
    ours = elsewhere()
    marks = {"tincup_site_id": identity.site_id()} | ({"tincup_site": host} if host else {})
    assert hear("checkout.session.completed", session(ours, **marked(ours, **marks))) == "handled"
    rebuilt = Donation.objects.get()
    assert (rebuilt.uuid, rebuilt.flags, rebuilt.status) == (ours.uuid, "rebuilt", "paid")


@pytest.mark.parametrize(("host", "state"), [("localhost", "handled"), ("shop.example", "ignored")])
def test_a_gift_from_before_there_were_ids_is_told_by_its_host(host: str, state: str) -> None:
    old = elsewhere()
    assert hear("checkout.session.completed", session(old, **marked(old, tincup_site=host))) == state
    assert Donation.objects.exists() is (state == "handled")


def test_a_gift_that_we_know_is_ours_whatever_id_it_carries(donation: Donation) -> None:
    """A copy of the database, with an id of its own, goes on with the gifts that it was copied with."""
    thing = session(donation, **marked(donation, tincup_site="localhost", tincup_site_id=ANOTHER))
    assert hear("checkout.session.completed", thing) == "handled"
    assert LedgerEntry.objects.get().donation == donation


@given(st.dictionaries(st.sampled_from(["tincup_site", "tincup_site_id", "order"]), st.text(max_size=300)))
def test_any_metadata_names_one_site_that_every_database_can_store(metadata: dict[str, str]) -> None:
    named = site_of(metadata)
    assert len(named) <= 254
    assert "\0" not in named
    if metadata.get("tincup_site_id", "").isalnum():
        assert named == metadata["tincup_site_id"][:254]


# --- What we send -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
def test_session_payment_and_refund_carry_the_id(stripe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    donation = checkout.begin(Order(2000, "usd"), "a token")
    found = client.retrieve(donation.session_id)
    expected = {
        "tincup_site": "localhost",
        "tincup_site_id": SiteIdentity.objects.get().site_id,
        "tincup_donation": str(donation.uuid),
    }
    assert found["metadata"] == expected

    sent: dict[str, Any] = {}
    monkeypatch.setattr(client, "create_session", lambda **asked: sent.update(asked) or {"id": "cs_test_1", "url": "u"})
    monkeypatch.setattr(client, "create_refund", lambda **asked: sent.update(refund=asked) or {})
    other = checkout.begin(Order(2000, "usd"), "another token")
    assert sent["metadata"] == expected | {"tincup_donation": str(other.uuid)}
    asked = RefundRequest.objects.create(
        donation=other, number=1, payment="pi_1", amount=1, currency="usd", asked_by="tess@example.org"
    )
    with pytest.raises(Exception, match="no refund"):
        refunds._make(asked)
    assert sent["refund"]["metadata"]["tincup_site_id"] == expected["tincup_site_id"]


# --- Stripe's own book ------------------------------------------------------------------------------------------------


def mirrored(number: int, donation: Donation, **marks: str) -> None:
    thing = movement(number, donation)
    thing["source"] |= marked(donation, **marks)
    balance_transactions.add(thing)


def test_stripes_book_keeps_the_id_or_the_host_of_before() -> None:
    old, ours, theirs = elsewhere(), elsewhere(), elsewhere()
    mirrored(1, old, tincup_site="localhost")
    mirrored(2, ours, tincup_site="localhost", tincup_site_id=identity.site_id())
    mirrored(3, theirs, tincup_site="localhost", tincup_site_id=ANOTHER)
    sites = BalanceTransaction.objects.order_by("pk").values_list("site", flat=True)
    assert list(sites) == ["localhost", identity.site_id(), ANOTHER]
    other_sellers = [balance_transactions.is_other_sellers(f"pi_{each.uuid.hex}") for each in (old, ours, theirs)]
    assert other_sellers == [False, False, True]


def test_fees_exports_and_proof_take_another_site_on_this_host_for_another_seller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconciliation, "YOUNG", timedelta(0))
    mirrored(1, elsewhere(), tincup_site="localhost", tincup_site_id=ANOTHER)
    mirrored(2, elsewhere(), tincup_site="localhost", tincup_site_id=identity.site_id())
    result = reconciliation.reconcile()
    assert [each.kind for each in result.discrepancies] == ["missing here"], "ours, forgotten by the database"
    assert dict(result.others) == {"usd": 3000}
    assert period_figures.of_month(month_of_the_movements())["usd"].fees.total == 50
    assert sorted(row["ours"] for row in exported("accounting")[0]) == ["no", "yes"]


# --- A copy of the database -------------------------------------------------------------------------------------------


def test_a_copy_gets_an_id_of_its_own_and_the_gifts_of_before_stay_in_its_books(
    donation: Donation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "YOUNG", timedelta(0))
    before = identity.site_id()
    hear("checkout.session.completed", session(donation, **marked(donation, tincup_site_id=before)))
    mirrored(1, donation, tincup_site="localhost", tincup_site_id=before)

    after = site_id_command("--new")

    assert after == identity.site_id() == SiteIdentity.objects.get().site_id != before
    assert reconciliation.reconcile().agree
    assert period_figures.of_month(month_of_the_movements())["usd"].fees.total == 50
    first_sites = elsewhere()
    thing = session(first_sites, **marked(first_sites, tincup_site="localhost", tincup_site_id=before))
    assert hear("checkout.session.completed", thing) == "ignored", "what the first site takes from now on is its own"


def test_an_id_can_be_taken_up_again_to_rebuild_a_lost_database() -> None:
    lost = elsewhere()
    thing = session(lost, **marked(lost, tincup_site="localhost", tincup_site_id=ANOTHER))
    assert hear("checkout.session.completed", thing) == "ignored"
    assert site_id_command("--set", ANOTHER) == ANOTHER == site_id_command()
    assert hear("payment_intent.succeeded", intent(lost, **marked(lost, tincup_site_id=ANOTHER))) == "handled"
    assert Donation.objects.get().uuid == lost.uuid


@pytest.mark.parametrize("wrong", ["", "localhost", ANOTHER.upper(), ANOTHER + "0", ANOTHER[1:], ANOTHER[:-1] + "\n"])
def test_what_is_no_id_is_not_taken(wrong: str) -> None:
    before = site_id_command()
    with pytest.raises(CommandError, match="Nothing was changed"):
        site_id_command("--set", wrong)
    assert site_id_command() == before


def test_ids_of_two_databases_differ_and_one_that_was_lost_is_made_anew() -> None:
    before = identity.row().site_id
    SiteIdentity.objects.all().delete()
    assert len({before, identity.row().site_id}) == 2
    assert identity.row().site_id == identity.row().site_id
