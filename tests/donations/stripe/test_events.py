"""Events in any order, any number of times: one set of rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from donations.domain.status import Status
from donations.ledger import posting
from donations.models import Donation, Flag, LedgerEntry, StripeEvent, StripeRef
from donations.stripe.events import RELEASE, receive
from mail.models import Mail
from tests.donations.stripe_objects import charge, event, intent, session, text

Post = Callable[..., Any]


def rows() -> dict[str, Any]:
    """Everything that the events decide, times aside."""
    return {
        "donations": sorted(
            Donation.objects.values_list(
                "uuid", "status", "checkout", "settling_failed", "flags", "email", "session_id"
            )
        ),
        "ledger": sorted(LedgerEntry.objects.values_list("kind", "source", "amount", "currency", "donation__uuid")),
        "refs": sorted(StripeRef.objects.values_list("id", "donation__uuid")),
    }


def test_a_paid_session_makes_one_ledger_row_and_a_paid_donation(donation: Donation, post_event: Post) -> None:
    response = post_event(event("checkout.session.completed", session(donation)))

    assert response.status_code == 200
    donation.refresh_from_db()
    assert donation.status == Status.PAID
    assert donation.email == "ada@example.org"
    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.source, entry.amount, entry.currency) == (
        "payment", f"pi_{donation.uuid.hex}", 2000, "usd",
    )  # fmt: skip


def test_a_redelivered_event_is_booked_once(donation: Donation, post_event: Post) -> None:
    completed = event("checkout.session.completed", session(donation))
    assert [post_event(completed).status_code for _ in range(3)] == [200, 200, 200]
    assert LedgerEntry.objects.count() == 1
    assert StripeEvent.objects.get().state == StripeEvent.State.HANDLED


def test_two_events_for_one_change_are_booked_once(donation: Donation, post_event: Post) -> None:
    post_event(event("checkout.session.completed", session(donation)))
    post_event(event("checkout.session.completed", session(donation)))
    assert LedgerEntry.objects.count() == 1
    assert StripeEvent.objects.count() == 2


def test_an_unpaid_session_waits_for_the_bank(donation: Donation, post_event: Post) -> None:
    post_event(event("checkout.session.completed", session(donation, payment_status="unpaid")))
    donation.refresh_from_db()
    assert donation.status == Status.PROCESSING
    assert not LedgerEntry.objects.exists()

    post_event(event("checkout.session.async_payment_succeeded", session(donation)))
    donation.refresh_from_db()
    assert donation.status == Status.PAID


def test_a_delayed_payment_can_fail(donation: Donation, post_event: Post) -> None:
    unpaid = session(donation, payment_status="unpaid")
    post_event(event("checkout.session.async_payment_failed", unpaid))
    post_event(event("checkout.session.completed", unpaid))  # late: changes nothing
    donation.refresh_from_db()
    assert donation.status == Status.FAILED


def test_a_decline_on_the_open_page_is_no_failure(donation: Donation, post_event: Post) -> None:
    declined = intent(donation, status="requires_payment_method", amount_received=0, latest_charge=None)
    assert post_event(event("payment_intent.payment_failed", declined)).status_code == 200
    donation.refresh_from_db()
    assert donation.status == Status.PENDING
    assert StripeRef.objects.get(pk=declined["id"]).donation == donation


def test_an_expired_session_ends_the_donation(donation: Donation, post_event: Post) -> None:
    expired = session(donation, status="expired", payment_status="unpaid", payment_intent=None)
    post_event(event("checkout.session.expired", expired))
    donation.refresh_from_db()
    assert donation.status == Status.EXPIRED


def test_another_sellers_money_is_ignored(donation: Donation, post_event: Post) -> None:
    foreign = session(donation, id="cs_test_foreign", payment_intent="pi_foreign", metadata={"shop": "7"})
    setup = session(donation, id="cs_test_setup", mode="setup", payment_status="no_payment_required",
                    payment_intent=None, amount_total=None, currency=None, metadata={})  # fmt: skip
    elsewhere = intent(donation, id="pi_elsewhere", metadata={
        "tincup_site": "other.example", "tincup_donation": "00000000-0000-4000-8000-000000000000",
    })  # fmt: skip
    before = rows()
    for kind, thing in [
        ("checkout.session.completed", foreign),
        ("checkout.session.completed", setup),
        ("payment_intent.succeeded", elsewhere),
        ("charge.succeeded", charge(donation, id="ch_foreign", payment_intent=None, metadata={})),
    ]:
        assert post_event(event(kind, thing)).status_code == 200
    assert rows() == before
    assert set(StripeEvent.objects.values_list("state", flat=True)) == {StripeEvent.State.IGNORED}


@pytest.mark.parametrize(
    ("kind", "build", "odd"),
    [
        ("checkout.session.completed", session, {"payment_intent": None}),
        ("payment_intent.succeeded", intent, {"amount_received": 0}),
        ("payment_intent.succeeded", intent, {"amount_received": None}),
        ("charge.succeeded", charge, {"currency": "long"}),
        ("charge.succeeded", charge, {"id": "odd/id"}),
        ("charge.succeeded", charge, {"created": None, "amount_captured": 0}),
    ],
)
def test_another_sellers_odd_objects_are_no_failure_and_ours_are(
    donation: Donation, post_event: Post, kind: str, build: Any, odd: dict[str, Any]
) -> None:
    assert post_event(event(kind, build(donation, metadata={}, **odd))).status_code == 200
    assert StripeEvent.objects.get().state == StripeEvent.State.IGNORED
    assert post_event(event(kind, build(donation, **odd))).status_code == 500


def test_an_unknown_type_is_kept_and_ignored(db: None, post_event: Post) -> None:
    assert post_event(event("foo.bar", {"id": "foo_1", "object": "foo"})).status_code == 200
    assert StripeEvent.objects.get().state == StripeEvent.State.IGNORED


def test_a_gift_that_we_have_forgotten_is_rebuilt(donation: Donation, post_event: Post) -> None:
    completed = session(donation)
    uuid = donation.uuid
    Donation.objects.filter(pk=donation.pk).delete()
    post_event(event("checkout.session.completed", completed))
    rebuilt = Donation.objects.get()
    assert (rebuilt.uuid, rebuilt.amount, rebuilt.status, rebuilt.public) == (uuid, 2000, Status.PAID, False)
    assert rebuilt.flags == Flag.REBUILT
    assert rebuilt.session_id == completed["id"]


def test_a_page_that_expired_unpaid_is_not_made_again(donation: Donation, post_event: Post) -> None:
    expired = session(donation, status="expired", payment_status="unpaid", payment_intent=None)
    donation.delete()
    assert post_event(event("checkout.session.expired", expired)).status_code == 200
    assert not Donation.objects.exists()


@pytest.mark.parametrize("changed", [{"amount_total": 2500}, {"currency": "eur"}])
def test_what_was_paid_is_booked_and_flagged_when_it_differs(
    donation: Donation, post_event: Post, changed: dict[str, Any]
) -> None:
    post_event(event("checkout.session.completed", session(donation, **changed)))
    donation.refresh_from_db()
    entry = LedgerEntry.objects.get()
    assert (entry.amount, entry.currency) == (changed.get("amount_total", 2000), changed.get("currency", "usd"))
    assert donation.flags == Flag.AMOUNT


def test_a_second_report_with_another_amount_changes_no_row(donation: Donation, post_event: Post) -> None:
    post_event(event("checkout.session.completed", session(donation)))
    post_event(event("payment_intent.succeeded", intent(donation, amount_received=1999)))
    donation.refresh_from_db()
    assert LedgerEntry.objects.get().amount == 2000
    assert donation.flags == f"{Flag.AMOUNT},{Flag.REPORTS}"


def test_two_paid_sessions_of_one_donation_are_two_rows_and_a_flag(donation: Donation, post_event: Post) -> None:
    post_event(event("checkout.session.completed", session(donation)))
    post_event(event("checkout.session.completed", session(donation, id="cs_test_2", payment_intent="pi_second")))
    donation.refresh_from_db()
    assert LedgerEntry.objects.count() == 2
    assert donation.flags == Flag.TWICE


def test_another_release_is_parked_and_changes_nothing(donation: Donation, post_event: Post) -> None:
    old = event("checkout.session.completed", session(donation), api_version="2026-03-25.dahlia")
    before = rows()
    assert post_event(old).status_code == 200
    stored = StripeEvent.objects.get()
    assert (stored.state, stored.waits_for) == (StripeEvent.State.DEFERRED, RELEASE)
    assert rows() == before


def test_an_event_that_cannot_be_handled_is_kept_and_handled_later(
    donation: Donation, post_event: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    completed = event("checkout.session.completed", session(donation))
    before = rows()

    def broken(report: object) -> bool:
        StripeRef.objects.create(id="cs_half_done", donation=donation)
        raise RuntimeError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(posting, "post", broken)
        assert post_event(completed).status_code == 500
        assert post_event(completed).status_code == 500
    stored = StripeEvent.objects.get()
    assert (stored.state, stored.error, stored.attempts) == (
        StripeEvent.State.FAILED, "RuntimeError: disk full", 2,
    )  # fmt: skip
    assert rows() == before, "nothing of the half-done work may stay"

    assert post_event(completed).status_code == 200
    stored.refresh_from_db()
    assert (stored.state, stored.error) == (StripeEvent.State.HANDLED, "")
    assert LedgerEntry.objects.count() == 1


def test_an_object_of_ours_that_cannot_be_read_fails_loudly(donation: Donation, post_event: Post) -> None:
    assert post_event(event("checkout.session.completed", session(donation, amount_total="2000"))).status_code == 500
    assert "Unreadable" in StripeEvent.objects.get().error


HISTORIES: dict[str, list[tuple[str, Callable[[Donation], dict[str, Any]]]]] = {
    "a card": [
        ("payment_intent.payment_failed",
         lambda d: intent(d, status="requires_payment_method", amount_received=0, latest_charge=None)),
        ("checkout.session.completed", session),
        ("payment_intent.succeeded", intent),
        ("charge.succeeded", charge),
    ],
    "a bank payment that arrives": [
        ("checkout.session.completed", lambda d: session(d, payment_status="unpaid")),
        ("checkout.session.async_payment_succeeded", session),
        ("payment_intent.succeeded", intent),
        ("charge.succeeded", charge),
    ],
    "a bank payment that fails": [
        ("checkout.session.completed", lambda d: session(d, payment_status="unpaid")),
        ("checkout.session.async_payment_failed", lambda d: session(d, payment_status="unpaid")),
        ("payment_intent.payment_failed",
         lambda d: intent(d, status="requires_payment_method", amount_received=0, latest_charge=None)),
    ],
    "a page that closes": [
        ("checkout.session.expired",
         lambda d: session(d, status="expired", payment_status="unpaid", payment_intent=None, customer_details=None)),
        ("payment_intent.payment_failed",
         lambda d: intent(d, status="requires_payment_method", amount_received=0, latest_charge=None)),
    ],
}  # fmt: skip


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[str, list[int]]:
    """A history, and its events in some order, each at least once, some more often."""
    name = draw(st.sampled_from(sorted(HISTORIES)))
    numbers = list(range(len(HISTORIES[name])))
    again = draw(st.lists(st.sampled_from(numbers), max_size=6))
    return name, draw(st.permutations(numbers + again))


def told(name: str, order: Iterable[int]) -> dict[str, Any]:
    """The rows of a new donation after its history came in this order, without the donation's own number."""
    donation = Donation.objects.create(amount=2000, currency="usd", expires_at=timezone.now())
    events = [event(kind, build(donation)) for kind, build in HISTORIES[name]]
    for number in order:
        receive(text(events[number]))
    mine = {"donation__uuid": donation.uuid}
    found = {
        "donation": list(Donation.objects.filter(uuid=donation.uuid).values_list(
            "status", "checkout", "settling_failed", "flags", "email", "session_id")),
        "ledger": sorted(LedgerEntry.objects.filter(**mine).values_list("kind", "source", "amount", "currency")),
        "refs": sorted(StripeRef.objects.filter(**mine).values_list("id")),
    }  # fmt: skip
    told: dict[str, Any] = json.loads(json.dumps(found).replace(donation.uuid.hex, "…"))
    return told


class OrderDoesNotMatter(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(deliveries())
    def test_any_order_and_repetition_ends_in_the_same_rows(self, delivered: tuple[str, list[int]]) -> None:
        name, order = delivered
        assert told(name, order) == told(name, range(len(HISTORIES[name])))


@pytest.mark.django_db
def test_a_page_on_which_nothing_was_to_be_paid_is_no_bank_payment_on_its_way(donation: Donation) -> None:
    told = session(donation, payment_status="no_payment_required", payment_intent=None, amount_total=0)
    receive(text(event("checkout.session.completed", told)))
    donation.refresh_from_db()
    assert (donation.status, donation.delayed) == (Status.EXPIRED, False)
    assert not LedgerEntry.objects.exists()
    assert not Mail.objects.exists()


def named(donation: Donation, name: str) -> dict[str, Any]:
    return event("checkout.session.completed", session(donation, customer_details={"email": "a@b.c", "name": name}))


def test_who_left_no_name_is_known_by_the_one_typed_at_stripe(donation: Donation, post_event: Post) -> None:
    post_event(named(donation, "Ada\u202e Lovelace"))
    donation.refresh_from_db()
    assert (donation.name, donation.payer_name, donation.donor) == ("", "Ada Lovelace", "Ada Lovelace")
    assert donation.shown_name == ""


def test_a_name_that_was_given_is_enough(make_donation: Callable[..., Donation], post_event: Post) -> None:
    donation = make_donation(name="Ada")
    post_event(named(donation, "Augusta Ada King"))
    donation.refresh_from_db()
    assert (donation.name, donation.payer_name) == ("Ada", "")


def test_a_name_of_signs_that_nobody_sees_is_none_at_stripe_either(donation: Donation, post_event: Post) -> None:
    post_event(named(donation, "\u2800\u200b"))
    donation.refresh_from_db()
    assert donation.payer_name == ""
    assert donation.donor == "a@b.c"


def test_the_name_at_stripe_is_on_no_public_page(donation: Donation, post_event: Post, client: Any) -> None:
    """Also where the donor asked to be seen: it was typed for the payment."""
    Donation.objects.update(public=True)
    post_event(named(donation, "Augusta Ada King"))
    donation.refresh_from_db()
    for address in ("/", "/sponsors", "/sponsors/lately", f"/success?session_id={donation.session_id}", "/api/stats/"):
        assert "Augusta" not in client.get(address).content.decode()
    assert "Someone" in client.get("/sponsors/lately").content.decode()
