"""Practice is thrown away as a whole, real money never."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from donations.ledger import append_only, mode, offline_donations, practice, receipt_numbers
from donations.models import (
    Alarm,
    BalanceTransaction,
    Chore,
    Donation,
    ErasedAddress,
    LedgerEntry,
    Level,
    Opening,
    PaidOut,
    Payout,
    RefundRequest,
    Shield,
    SiteIdentity,
    Sponsor,
    StopRequest,
    StripeEvent,
    StripeKey,
    Subscription,
)
from donations.reporting import public_totals, search_index
from donations.stripe import events
from donations.wall import placements
from mail import outbox
from mail.models import Mail
from organisation.models import Organisation
from tests.donations.ledger.test_offline_donations import received
from tests.donations.stripe_objects import event, refund, session
from tests.donations.subscription_objects import invoice

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Donation]

KEPT = {Level, Sponsor, SiteIdentity, Shield}


@pytest.fixture
def practised(make_donation: Make, django_user_model: Any) -> Donation:
    """A site that has been tried out: a row of practice in every table, and what people have set up."""
    user = django_user_model.objects.create_superuser("tess@example.org", "a long password")
    mode.hold()
    donation = make_donation(name="Ada", public=True, message="Hello", user=user)
    say("checkout.session.completed", session(donation))
    say("refund.created", refund(donation, amount=500))
    say("invoice.payment_failed", invoice(donation, 1, status="open"))
    offline_donations.record(received())
    now = timezone.now()
    BalanceTransaction.objects.create(
        id="txn_1", type="charge", amount=1, fee=0, net=1, currency="usd", created_at=now, category="charge"
    )
    payout = Payout.objects.create(
        id="po_1", amount=1, currency="usd", status="paid", created_at=now, arrival_at=now + timedelta(days=2)
    )
    PaidOut.objects.create(transaction="txn_1", payout=payout)
    StripeKey.objects.create(mark="1", account="acct_1")
    ErasedAddress.objects.create(digest="1", erased_at=now)
    RefundRequest.objects.create(
        donation=donation, number=1, payment="pi_1", amount=1, currency="usd", asked_by="tess@example.org"
    )
    Chore.objects.create(name="reconcile", due_at=now, done_at=now, result="1 rows compared", data={"compared": 1})
    StopRequest.objects.create(
        uuid=uuid.uuid4(), subscription=Subscription.objects.get(), at_period_end=False, asked_by="tess@example.org"
    )
    placements.refresh(donation.pk)
    Opening.objects.create(donation=donation)
    Alarm.objects.create(declined=20)
    Shield.objects.update(burst=20)
    Organisation.objects.create(name="Friends of the Weir", goal_amount=100)
    Sponsor.objects.create(name="Mill & Sons", level=Level.objects.first())
    outbox.enqueue("register", "1.abc")
    search_index.catch_up()
    note(user, Donation, donation.pk)
    note(user, Sponsor, 1)
    return donation


def note(user: Any, model: type[Any], pk: int) -> None:
    kind = ContentType.objects.get_for_model(model)
    LogEntry.objects.create(user=user, content_type=kind, object_id=str(pk), object_repr="x", action_flag=CHANGE)


def say(kind: str, thing: dict[str, Any]) -> None:
    events.receive(json.dumps(event(kind, thing)))


def drop(*arguments: str) -> str:
    out = io.StringIO()
    call_command("drop_practice", *arguments, stdout=out)
    return out.getvalue()


def everything() -> dict[str, int]:
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if not model._meta.proxy and model._meta.app_label != "sandbox"
    }


def test_every_trace_of_practice_goes_and_what_people_set_up_stays(practised: Donation, django_user_model: Any) -> None:
    before = everything()
    levels = list(Level.objects.values_list())
    site_id = SiteIdentity.objects.get().site_id
    gone = {model._meta.label for model in apps.get_app_config("donations").get_models() if not model._meta.proxy}
    gone -= {model._meta.label for model in KEPT}
    assert not {label for label in gone if not before[label]}, "each table held something"

    told = drop("--yes")

    after = everything()
    assert {label for label in gone if after[label]} == set()
    assert {label for label in before if before[label] != after[label]} == gone | {"mail.Mail", "admin.LogEntry"}
    assert list(Mail.objects.values_list("kind")) == [("register",)], "an account's letter is no practice"
    assert list(LogEntry.objects.values_list("content_type__model")) == [("sponsor",)]
    assert list(Level.objects.values_list()) == levels
    assert Sponsor.objects.get().level is not None
    assert django_user_model.objects.get().check_password("a long password")
    identity = SiteIdentity.objects.get()
    assert (identity.mode, identity.site_id) == ("live", site_id)
    for line in ("donations: 2\n", "ledger entries: 3\n", "receipts: 2\n", "payouts: 1\n", "letters about gifts"):
        assert line in told
    assert append_only.missing() == []


def test_the_site_begins_anew_with_receipt_1_and_nothing_raised(
    practised: Donation, make_donation: Make, settings: pytest_django.Settings
) -> None:
    drop("--yes")
    settings.STRIPE_LIVE = True
    mode.hold()
    assert public_totals.stats().raised == 0
    donation = make_donation()
    assert donation.pk > practised.pk, "no link to a practice gift leads to a real one"
    events.receive(json.dumps(event("checkout.session.completed", session(donation, livemode=True), livemode=True)))
    assert receipt_numbers.find(LedgerEntry.objects.get()) == 1
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM donations_ledgerentry")


def test_the_dropped_database_refuses_a_test_key_and_a_second_drop(
    practised: Donation, settings: pytest_django.Settings
) -> None:
    drop("--yes")
    with pytest.raises(mode.WrongMode):
        mode.hold()
    with pytest.raises(CommandError, match="real money"):
        drop("--yes")


@pytest.mark.parametrize(
    "real",
    [
        lambda donation: SiteIdentity.objects.update(mode="live"),
        lambda donation: Donation.objects.filter(pk=donation.pk).update(session_id="cs_live_1"),
        lambda donation: StripeEvent.objects.create(
            id="evt_l", type="charge.succeeded", state="handled", body='{"livemode": true}'
        ),
    ],
    ids=["by its mode", "by a session", "by an event"],
)
@pytest.mark.parametrize("decided", ["", "test"])
def test_nothing_is_removed_where_real_money_is(
    practised: Donation, real: Callable[[Donation], object], decided: str
) -> None:
    SiteIdentity.objects.update(mode=decided)
    real(practised)
    before = everything()
    with pytest.raises(CommandError, match="real money"):
        drop("--yes")
    with pytest.raises(practice.NotPractice):
        practice.drop()
    assert everything() == before
    assert append_only.missing() == []


def test_a_database_of_which_nothing_tells_is_not_dropped_with_a_live_key(
    donation: Donation, settings: pytest_django.Settings
) -> None:
    settings.STRIPE_LIVE = True
    with pytest.raises(CommandError, match="real money"):
        drop("--yes")
    assert Donation.objects.exists()


def test_practice_is_dropped_with_the_live_key_that_was_refused(
    practised: Donation, settings: pytest_django.Settings
) -> None:
    settings.STRIPE_LIVE = True
    drop("--yes")
    assert mode.hold() == "live"


@pytest.mark.parametrize(("typed", "removed"), [("yes\n", True), (" YES \n", True), ("y\n", False), ("\n", False)])
def test_it_says_what_goes_and_asks_first(
    practised: Donation, monkeypatch: pytest.MonkeyPatch, typed: str, removed: bool
) -> None:
    out = io.StringIO()
    told: list[str] = []

    def read(question: str) -> str:
        told.append(out.getvalue())
        return typed.rstrip("\n")

    monkeypatch.setattr("builtins.input", read)
    if removed:
        call_command("drop_practice", stdout=out)
    else:
        with pytest.raises(CommandError, match="Nothing was removed"):
            call_command("drop_practice", stdout=out)
    assert "donations: 2" in told[0]
    assert Donation.objects.exists() is not removed


def test_where_nobody_can_be_asked_nothing_is_removed(practised: Donation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(CommandError, match="--yes"):
        drop()
    assert Donation.objects.exists()


@pytest.mark.parametrize("broken", ["append_only.make", "append_only.drop", "_emails", "_emptied"])
def test_what_breaks_off_in_the_middle_has_removed_nothing(
    practised: Donation, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    before = everything()

    def fails(*_: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr(f"donations.ledger.practice.{broken}", fails)
    with pytest.raises(OSError, match="gone"):
        practice.drop()
    monkeypatch.undo()
    assert everything() == before
    assert append_only.missing() == []
    assert mode.hold() == "test"


def test_an_unused_database_can_go_live_as_well() -> None:
    assert "there has been no practice gift" in drop("--yes")
    assert mode.known() == "live"
