"""What became of a gift's money is one fold, and every page, file and e-mail says the same of it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from donations.domain.status import Status
from donations.donors import emails, shown_sums
from donations.models import BalanceTransaction, Donation, GiftSums, LedgerEntry, Receipt, fold, sums_of
from donations.reporting.export_formats import FORMATS
from donations.reporting.export_shape import Period
from donations.reporting.exports import EXPORTS
from donations.stripe.events import receive
from donations.wall import listing
from mail.outbox import Email
from tests.donations.stripe_objects import dispute, event, movement, refund, session, text

Make = Callable[..., Donation]
Told = Callable[[Donation], list[dict[str, Any]]]
FAILED: dict[str, Any] = {"status": "failed", "failure_balance_transaction": "txn_f"}

# What happened -> what Stripe told, the status, and what is refunded, disputed and left of $20.
FATES: dict[str, tuple[Told, Status, tuple[int, int, int]]] = {
    "nothing": (lambda gift: [], Status.PAID, (0, 0, 2000)),
    "a part refunded": (lambda gift: [refund(gift, amount=550)], Status.PARTLY_REFUNDED, (550, 0, 1450)),
    "all refunded": (lambda gift: [refund(gift)], Status.REFUNDED, (2000, 0, 0)),
    "a refund failed": (lambda gift: [refund(gift, **FAILED)], Status.PAID, (0, 0, 2000)),
    "one refund of two failed": (
        lambda gift: [refund(gift, 1, amount=300), refund(gift, 2, amount=700, **FAILED)],
        Status.PARTLY_REFUNDED,
        (300, 0, 1700),
    ),
    "a dispute lost": (
        lambda gift: [dispute(gift, "lost", movement(gift, 1, -2000))],
        Status.LOST,
        (0, 2000, 0),
    ),
    "a part lost in a dispute": (
        lambda gift: [dispute(gift, "lost", movement(gift, 1, -500), amount=500)],
        Status.LOST,
        (0, 500, 1500),
    ),
    "a dispute won": (
        lambda gift: [dispute(gift, "won", movement(gift, 1, -2000), movement(gift, 2, 2000))],
        Status.PAID,
        (0, 0, 2000),
    ),
    "a part refunded, the rest lost": (
        lambda gift: [refund(gift, amount=500), dispute(gift, "lost", movement(gift, 1, -1500), amount=1500)],
        Status.LOST,
        (500, 1500, 0),
    ),
}


def figure(minor: int) -> str:
    whole = f"{abs(minor) // 100}.{abs(minor) % 100:02}"
    return f"({whole})" if minor < 0 else whole


def facts(page: str) -> dict[str, str]:
    """The slip's or receipt's facts by their names."""
    found = re.findall(r"<dt>([^<]*)</dt>\s*<dd[^>]*>(.*?)</dd>", page, re.DOTALL)
    return {name.strip(): re.sub(r"<[^>]*>", "", value).strip() for name, value in found}


@pytest.fixture(params=FATES)
def fate(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def user(db: None) -> Any:
    return get_user_model()._default_manager.create(email="ada@example.org", name="Ada", verified_at=timezone.now())


@pytest.fixture
def lived(fate: str, user: Any, make_donation: Make) -> Donation:
    gift = make_donation(
        user=user, name="Ada", public=True, show_amount=True, session_id="cs_test_1", email="ada@example.org"
    )
    receive(text(event("checkout.session.completed", session(gift, id="cs_test_1"))))
    for thing in FATES[fate][0](gift):
        kind = "refund.updated" if thing["object"] == "refund" else "charge.dispute.closed"
        receive(text(event(kind, thing)))
    BalanceTransaction.objects.create(
        id="txn_1", type="charge", category="charge", source="ch_1", payment=f"pi_{gift.uuid.hex}", site="localhost",
        gift_amount=2000, gift_currency="usd", amount=2000, fee=88, net=1912, currency="usd",
        created_at=timezone.now(),
    )  # fmt: skip
    gift.refresh_from_db()
    return gift


def test_every_place_that_shows_a_gift_says_the_same_of_it(
    lived: Donation, fate: str, client: Client, user: Any
) -> None:
    _, status, (refunded, disputed, left) = FATES[fate]
    assert lived.status == status
    assert sums_of(lived) == GiftSums("usd", 2000, refunded, disputed)
    client.force_login(user)
    number = Receipt.objects.get().number
    changed = refunded + disputed > 0
    lines = {"Given": "20.00", "Refunded": figure(-refunded), "Taken back by the bank": figure(-disputed)}
    lines = {name: told for name, told in lines.items() if changed and told != "0.00"}

    slip = facts(client.get("/success?session_id=cs_test_1").content.decode())
    assert {name: slip.get(name) for name in lines} == lines
    if left:
        disputed_once = lived.entries.filter(kind__in=LedgerEntry.DISPUTES).exists()
        fee = slip["Card and dispute fees" if disputed_once else "Card fee"]
        assert (fee, slip["Reached Tincup"]) == ("(0.88)", figure(left - 88))
    else:
        assert slip["Remaining"] == "0.00"
        assert "Reached Tincup" not in slip

    receipt = client.get(f"/receipts/{number}").content.decode()
    assert {name: facts(receipt).get(name) for name in lines} == lines
    assert facts(receipt).get("Remaining") == (figure(left) if changed else None)
    assert ("Void." in receipt) == (not left)

    account = client.get("/account").content.decode()
    assert (f"${figure(left)} of it remains" in account) == changed
    statement = client.get("/account/statement?first=2026-01-01&last=2026-12-31").content.decode()
    assert f'<span class="counted">${figure(left)}</span>' in statement
    file: Any = client.get("/account/data/my-gifts.csv")
    [own] = csv.DictReader(io.StringIO(b"".join(file).decode("utf-8-sig")))
    assert (own["amount"], own["returned"], own["left"]) == ("20.00", figure(refunded + disputed), figure(left))

    wall = [(row.name, row.amount) for row in listing.recent(5).rows]
    assert wall == ([("Ada", left)] if status in {Status.PAID, Status.PARTLY_REFUNDED} else [])
    [row] = json.loads(b"".join(FORMATS["json"][1](EXPORTS["donations"], Period())))["rows"]
    assert (row["paid"], row["refunded"], row["disputed"], row["kept"]) == (
        *("20.00", f"{-refunded / 100:.2f}", f"{-disputed / 100:.2f}", figure(left)),
    )

    letter = emails.compose("paid", f"pi_{lived.uuid.hex}")
    assert isinstance(letter, Email)
    assert ("$19.12 reached us" in letter.text) == (not changed)


@pytest.mark.django_db
def test_the_slip_leaves_the_fee_in_pencil_until_stripes_book_has_every_payment(donation: Donation) -> None:
    receive(text(event("checkout.session.completed", session(donation))))
    assert [line.sum for line in shown_sums.reached(donation, sums_of(donation))] == ["in pencil until Stripe tells us"]


@pytest.mark.django_db
def test_a_gift_outside_stripe_has_no_card_fee(make_donation: Make) -> None:
    gift = make_donation()
    LedgerEntry.objects.create(
        donation=gift, kind="offline", source="off-1", amount=2000, currency="usd", happened_at=timezone.now()
    )
    assert shown_sums.reached(gift, sums_of(gift)) == []


@pytest.mark.django_db
def test_what_was_struck_out_is_said(make_donation: Make) -> None:
    gift = make_donation()
    for kind, amount in (("offline", 2000), ("offline_reversal", -2000)):
        LedgerEntry.objects.create(
            donation=gift, kind=kind, source="off-1", amount=amount, currency="usd", happened_at=timezone.now()
        )
    lines = shown_sums.went_back(sums_of(gift))
    assert [(line.name, line.sum) for line in lines] == [
        *(("Given", "20.00"), ("Struck out", "(20.00)"), ("Remaining", "0.00")),
    ]


ROWS = st.tuples(
    st.sampled_from(LedgerEntry.Kind.values), st.sampled_from(["usd", "eur"]), st.integers(-(10**9), 10**9)
)


@given(st.lists(ROWS, max_size=12))
def test_what_is_left_is_the_sum_of_all_rows_of_a_currency(rows: list[tuple[str, str, int]]) -> None:
    """Whatever kinds there are, also those that come later: nothing falls between given and went back."""
    for currency, sums in fold(rows).items():
        assert sums.left == sums.given - sums.went_back
        assert sums.left == sum(amount for _, own, amount in rows if own == currency)
