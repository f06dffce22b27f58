"""Words and currencies that Stripe may use tomorrow: booked as what they most likely mean, flagged, never an error."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from desk.pages import tasks, timeline
from donations.domain import status
from donations.domain.status import Status, StatusInput
from donations.domain.updates import Checkout, DisputeStatus
from donations.models import Case, Donation, Flag, LedgerEntry, StripeEvent
from donations.stripe import client, parsing, polling
from tests.donations.stripe_objects import charge, dispute, event, intent, movement, refund, session

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]


@pytest.fixture
def paid(donation: Donation, post_event: Post) -> Donation:
    post_event(event("charge.succeeded", charge(donation)))
    return donation


def after(donation: Donation) -> tuple[str, str]:
    donation.refresh_from_db()
    return donation.status, donation.flags


@pytest.mark.parametrize(
    ("word", "flag"), [("lost", ""), ("prevented", ""), ("warning_closed", ""), ("arbitrated", Flag.STATUS)]
)
def test_a_dispute_that_closes_with_the_money_out_is_lost(paid: Donation, post_event: Post, word: str, flag: str):
    out = movement(paid, 1, -2000)
    assert post_event(event("charge.dispute.closed", dispute(paid, word, out))).status_code == 200
    assert after(paid) == (Status.LOST, flag)
    assert Case.objects.get().status == word
    assert tasks.open_disputes() == []


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("arbitration_needs_response", Status.DISPUTED),
        ("warning_escalating", Status.PAID),
        ("x" * 200, Status.DISPUTED),
    ],
)
def test_a_new_word_of_an_open_dispute_is_open_and_flagged(paid: Donation, post_event: Post, word: str, state: Status):
    assert post_event(event("charge.dispute.updated", dispute(paid, word))).status_code == 200
    assert after(paid) == (state, Flag.STATUS)
    assert Case.objects.get().ask_at, "it is watched"


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_the_order_in_which_new_words_are_told_does_not_matter(
    paid: Donation, post_event: Post, order: list[int]
) -> None:
    out = movement(paid, 1, -2000)
    told = [
        event("charge.dispute.created", dispute(paid, "needs_response"), created=1_790_000_100),
        event("charge.dispute.funds_withdrawn", dispute(paid, "needs_response", out), created=1_790_000_100),
        event("charge.dispute.closed", dispute(paid, "arbitrated", out), created=1_790_000_200),
        # As when somebody looks after it was closed: the object alone does not say that it was.
        event("charge.dispute.updated", dispute(paid, "arbitrated", out), created=1_790_000_300),
    ]
    for number in (*order, *order):
        assert post_event(told[number]).status_code == 200
    assert after(paid) == (Status.LOST, Flag.STATUS)


def test_an_open_word_that_is_known_opens_it_again(paid: Donation, post_event: Post) -> None:
    out = movement(paid, 1, -2000)
    post_event(event("charge.dispute.closed", dispute(paid, "arbitrated", out), created=1_790_000_200))
    post_event(event("charge.dispute.updated", dispute(paid, "appeal_under_review", out), created=1_790_000_300))
    assert after(paid)[0] == Status.DISPUTED


@pytest.mark.parametrize(
    ("kind", "thing", "state"),
    [
        ("checkout.session.completed", lambda gift: session(gift, status="parked", payment_status="unpaid"), "pending"),
        ("checkout.session.completed", lambda gift: session(gift, payment_status="held"), "processing"),
        ("payment_intent.succeeded", lambda gift: intent(gift, status="rerouted"), "pending"),
        ("charge.updated", lambda gift: charge(gift, status="rerouted"), "pending"),
    ],
)
def test_a_new_word_of_our_own_payment_is_open_and_flagged(
    donation: Donation, post_event: Post, kind: str, thing: Callable[[Donation], dict[str, Any]], state: str
) -> None:
    assert post_event(event(kind, thing(donation))).status_code == 200
    assert after(donation) == (state, Flag.STATUS)
    assert not LedgerEntry.objects.exists()


def test_money_that_arrived_is_booked_whatever_its_page_is_called(donation: Donation, post_event: Post) -> None:
    post_event(event("checkout.session.completed", session(donation, status="newly invented")))
    assert after(donation) == (Status.PAID, Flag.STATUS)


def test_a_new_word_of_a_refund_is_pending_and_flagged(paid: Donation, post_event: Post) -> None:
    odd = refund(paid, status="rerouted", balance_transaction=None)
    assert post_event(event("refund.updated", odd)).status_code == 200
    assert after(paid) == (Status.PAID, Flag.STATUS)
    assert Case.objects.get().status == "pending"


@pytest.mark.parametrize("thing", [session, intent, charge])
def test_a_new_word_of_a_strangers_object_is_ignored(
    make_donation: Callable[..., Donation], post_event: Post, thing: Callable[..., dict[str, Any]]
) -> None:
    stranger = thing(Donation(amount=500, currency="usd"), status="rerouted", metadata={})
    assert post_event(event("charge.updated", stranger)).status_code == 200
    assert StripeEvent.objects.get().state == StripeEvent.State.IGNORED


@pytest.mark.parametrize("build", [refund, lambda gift, **odd: dispute(gift, "lost", **odd)])
@pytest.mark.parametrize("odd", [{"amount": 0}, {"currency": "long"}, {"id": "odd/id"}])
def test_a_strangers_odd_refund_or_dispute_waits_and_is_ignored(
    post_event: Post, build: Callable[..., dict[str, Any]], odd: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = Donation(amount=500, currency="usd")
    assert post_event(event("refund.updated", build(stranger, **odd))).status_code == 200
    parked = StripeEvent.objects.get()
    assert (parked.state, parked.waits_for) == (StripeEvent.State.DEFERRED, f"pi_{stranger.uuid.hex}")
    monkeypatch.setattr(client, "retrieve", lambda _: intent(stranger, metadata={}))
    StripeEvent.objects.update(retry_at=timezone.now())
    assert polling.retry_due_deferred() == 1
    parked.refresh_from_db()
    assert parked.state == StripeEvent.State.IGNORED


def test_an_odd_refund_that_names_no_payment_is_ignored(db: None, post_event: Post) -> None:
    odd = refund(Donation(amount=500, currency="usd"), payment_intent=None, charge=None, amount=None)
    assert post_event(event("refund.updated", odd)).status_code == 200
    assert StripeEvent.objects.get().state == StripeEvent.State.IGNORED


def test_an_odd_refund_of_ours_is_a_failure_whenever_its_payment_comes(donation: Donation, post_event: Post) -> None:
    assert post_event(event("refund.updated", refund(donation, amount=None))).status_code == 200
    post_event(event("charge.succeeded", charge(donation)))
    assert StripeEvent.objects.filter(state=StripeEvent.State.FAILED).count() == 1
    assert post_event(event("refund.updated", refund(donation, 2, amount=None))).status_code == 500


@given(word=st.text(min_size=1, max_size=40).filter(lambda word: word.isprintable() and word.strip()))
def test_no_word_of_a_disputes_status_is_an_error(word: str) -> None:
    gift = Donation(amount=2000, currency="usd")
    update = parsing.update_of_event(event("charge.dispute.updated", dispute(gift, word)))
    assert update
    known = {str(each) for each in DisputeStatus} - {"unknown"}
    assert update.unknown_status == (word not in known)
    assert status.dispute_status(word, closed=True) not in status.CHARGEBACK_OPEN or word in known


@given(
    words=st.frozensets(st.sampled_from(list(DisputeStatus)), min_size=1),
    withdrawn=st.integers(1, 2000),
)
def test_money_that_is_out_is_disputed_or_lost_whatever_the_words(
    words: frozenset[DisputeStatus], withdrawn: int
) -> None:
    inputs = StatusInput(2000, Checkout.COMPLETE, False, withdrawn=withdrawn, disputes=words)
    state = status.fold(inputs)
    closed = words <= {DisputeStatus.LOST, DisputeStatus.PREVENTED}
    assert state == Status.LOST if closed else state in {Status.LOST, Status.DISPUTED}


# --- Currencies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "settled", "booked", "flag"),
    [
        ((2000, "usd"), (-2000, "usd"), -2000, ""),
        ((2000, "usd"), (-1827, "eur"), -2000, ""),
        ((1830, "eur"), (-2004, "usd"), -2004, ""),
        ((1830, "eur"), (-1830, "eur"), -2000, Flag.CURRENCY),
        ((1830, "eur"), (-310_000, "jpy"), -2000, Flag.CURRENCY),
    ],
)
def test_a_dispute_is_booked_in_the_gifts_currency(
    paid: Donation, post_event: Post, told: tuple[int, str], settled: tuple[int, str], booked: int, flag: str
) -> None:
    out = movement(paid, 1, settled[0], currency=settled[1])
    disputed = dispute(paid, "lost", out, amount=told[0], currency=told[1])
    assert post_event(event("charge.dispute.closed", disputed)).status_code == 200
    entry = LedgerEntry.objects.get(kind="dispute_withdrawal")
    assert (entry.amount, entry.currency) == (booked, "usd")
    assert after(paid) == (Status.LOST, flag)


# --- Early warnings of fraud -----------------------------------------------------------------------------------------


def warning(donation: Donation, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"issfr_{donation.uuid.hex}",
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": f"ch_{donation.uuid.hex}",
        "created": 1_790_000_050,
        "fraud_type": "unauthorized_use_of_card",
        "livemode": False,
        "payment_intent": f"pi_{donation.uuid.hex}",
    } | changes


def told() -> list[str]:
    return [task.what for task in tasks._fraud_warnings()]


def test_an_early_warning_is_a_task_until_the_money_went_back(paid: Donation, post_event: Post) -> None:
    assert post_event(event("radar.early_fraud_warning.created", warning(paid))).status_code == 200
    assert told() == ["The payment of $20.00 may be fraud: a refund now saves the dispute fee."]
    assert any("may be fraud" in moment.what for moment in timeline.of(paid))
    assert after(paid) == (Status.PAID, "")
    post_event(event("refund.created", refund(paid)))
    assert told() == []


def test_an_early_warning_that_was_answered_is_no_task_in_any_order(paid: Donation, post_event: Post) -> None:
    for actionable in (False, True):
        post_event(event("radar.early_fraud_warning.created", warning(paid, actionable=actionable)))
    assert told() == []
    assert Case.objects.get().status == "answered"


@pytest.mark.parametrize("names", [{}, {"payment_intent": None}])
def test_an_early_warning_that_comes_first_waits_for_its_payment(
    donation: Donation, post_event: Post, names: dict[str, Any]
) -> None:
    post_event(event("radar.early_fraud_warning.created", warning(donation, **names)))
    assert StripeEvent.objects.get().state == StripeEvent.State.DEFERRED
    assert told() == []
    post_event(event("charge.succeeded", charge(donation)))
    assert len(told()) == 1
