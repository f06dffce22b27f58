"""From Stripe's event to the e-mail in the donor's hands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_django
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from donations.donors import emails
from donations.models import BalanceTransaction, Donation, LedgerEntry, Receipt
from mail import outbox
from mail.models import Mail
from mail.outbox import Cancel, Email, Retry
from tests.donations.stripe_objects import charge, event, intent, refund, session

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
Make = Callable[..., Donation]
Box = list[EmailMultiAlternatives]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def pay(post_event: Post, donation: Donation, **changes: Any) -> None:
    assert post_event(event("checkout.session.completed", session(donation, **changes))).status_code == 200


def booked(donation: Donation, **changes: Any) -> BalanceTransaction:
    """Stripe's book of a gift's payment: what it took, what it kept."""
    values: dict[str, Any] = {
        "id": f"txn_{donation.uuid.hex}",
        "type": "charge",
        "category": "charge",
        "source": f"ch_{donation.uuid.hex}",
        "payment": f"pi_{donation.uuid.hex}",
        "amount": donation.amount,
        "fee": 103,
        "net": donation.amount - 103,
        "currency": donation.currency,
        "created_at": timezone.now(),
    } | changes
    row = BalanceTransaction(**values)
    row.save(force_insert=True)
    return row


def entry(donation: Donation, **changes: Any) -> LedgerEntry:
    values: dict[str, Any] = {
        "kind": "payment",
        "source": f"pi_{donation.uuid.hex}",
        "amount": donation.amount,
        "currency": donation.currency,
        "happened_at": NOON,
    } | changes
    return LedgerEntry.objects.create(donation=donation, **values)


def composed(kind: str, key: str) -> Email:
    letter = emails.compose(kind, key)
    assert isinstance(letter, Email), letter
    return letter


def receipt_of(donation: Donation) -> int:
    return Receipt.objects.get(entry__donation=donation).number


def send() -> int:
    Mail.objects.filter(next_at__isnull=False).update(next_at=timezone.now())
    return outbox.send_due(emails.compose)


# --- From the event to the e-mail -------------------------------------------------------------------------------------


def test_a_paid_gift_is_answered_by_one_receipt_outside_of_the_request(
    make_donation: Make, post_event: Post, mailoutbox: Box
) -> None:
    donation = make_donation(amount=2500, name="Ada")
    pay(post_event, donation)
    assert not mailoutbox, "nothing is sent from inside a request"
    assert send() == 1
    (letter,) = mailoutbox
    assert letter.to == ["ada@example.org"], "the address that was given at Stripe"
    assert letter.subject == f"[Practice] Your $25 to Tincup, receipt {receipt_of(donation)}"
    assert "Dear Ada, thank you. Your $25.00 arrived on " in letter.body
    assert f"http://localhost:8000/receipts/{receipt_of(donation)}?key=" in letter.body
    assert len(letter.alternatives) == 1
    assert letter.from_email == "tincup@localhost"


def test_the_same_payment_told_three_ways_and_twice_is_one_receipt(
    donation: Donation, post_event: Post, mailoutbox: Box
) -> None:
    for _ in range(2):
        pay(post_event, donation)
        post_event(event("payment_intent.succeeded", intent(donation)))
        post_event(event("charge.succeeded", charge(donation)))
        send()
    assert len(mailoutbox) == 1


def test_a_receipt_waits_for_the_address_that_comes_with_the_session(
    donation: Donation, post_event: Post, mailoutbox: Box
) -> None:
    post_event(event("payment_intent.succeeded", intent(donation)))
    assert send() == 0
    assert Mail.objects.get().error == "no address"
    pay(post_event, donation)
    assert send() == 1
    assert [letter.to for letter in mailoutbox] == [["ada@example.org"]]


def test_the_address_of_the_form_comes_before_that_of_stripes_page(
    make_donation: Make, post_event: Post, mailoutbox: Box
) -> None:
    pay(post_event, make_donation(email="grace@example.org"))
    send()
    assert [letter.to for letter in mailoutbox] == [["grace@example.org"]]


def test_a_refund_is_told_once_with_its_own_amount(donation: Donation, post_event: Post, mailoutbox: Box) -> None:
    pay(post_event, donation)
    send()
    mailoutbox.clear()
    for kind in ("refund.created", "refund.updated"):
        post_event(event(kind, refund(donation, amount=500)))
    assert send() == 1
    (letter,) = mailoutbox
    assert letter.subject == "[Practice] $5 is on its way back to you"
    assert "$5.00 of your gift of $20.00 to Tincup is on its way back to you." in letter.body


def test_a_refund_that_failed_later_is_told_as_well(donation: Donation, post_event: Post, mailoutbox: Box) -> None:
    pay(post_event, donation)
    post_event(event("refund.created", refund(donation, amount=500)))
    send()
    mailoutbox.clear()
    for kind in ("refund.updated", "refund.failed"):
        post_event(event(kind, refund(donation, amount=500, status="failed")))
    assert send() == 1
    assert [letter.subject for letter in mailoutbox] == ["[Practice] $5 couldn’t be sent back to you"]


def test_a_payment_that_a_bank_turned_down_is_told_once(donation: Donation, post_event: Post, mailoutbox: Box) -> None:
    pay(post_event, donation, payment_status="unpaid")
    assert send() == 0, "on its way: the page says so, and there is nothing to write yet"
    for _ in range(2):
        failed = session(donation, payment_status="unpaid")
        post_event(event("checkout.session.async_payment_failed", failed))
    assert send() == 1
    (letter,) = mailoutbox
    assert letter.subject == "[Practice] Your $20 didn’t arrive: nothing was taken"
    assert "http://localhost:8000/donate?amount=20\n" in letter.body


def test_a_bank_payment_that_arrived_is_told_as_such(donation: Donation, post_event: Post, mailoutbox: Box) -> None:
    pay(post_event, donation, payment_status="unpaid")
    post_event(event("checkout.session.async_payment_succeeded", session(donation)))
    assert send() == 1
    assert mailoutbox[0].subject.startswith("[Practice] Your bank payment of $20 to Tincup arrived")


def test_a_mail_server_that_is_down_does_not_touch_the_gift(
    donation: Donation, post_event: Post, settings: pytest_django.Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    pay(post_event, donation)
    assert send() == 0
    donation.refresh_from_db()
    assert donation.status == "paid"
    mail = Mail.objects.get()
    assert (mail.state, mail.attempts) == ("waiting", 1)


def test_a_gift_that_a_restored_backup_has_forgotten_gets_its_receipt(
    donation: Donation, post_event: Post, mailoutbox: Box
) -> None:
    told = session(donation)
    uuid = donation.uuid
    donation.delete()
    post_event(event("checkout.session.completed", told))
    assert send() == 1
    (letter,) = mailoutbox
    rebuilt = Donation.objects.get(uuid=uuid)
    assert letter.to == ["ada@example.org"]
    assert letter.subject == f"[Practice] Your $20 to Tincup, receipt {receipt_of(rebuilt)}"
    assert "Dear Ada, thank you. Your $20.00 arrived" in letter.body


# --- What the e-mails say ---------------------------------------------------------------------------------------------


def test_every_letter_tells_its_own_gift_and_nothing_of_another(make_donation: Make) -> None:
    ada = make_donation(amount=2500, name="Ada", email="ada@example.org", session_id="cs_test_ada", message="secret A")
    bob = make_donation(amount=7700, name="Bob", email="bob@example.org", session_id="cs_test_bob", message="secret B")
    written = []
    for donation in (ada, bob):
        pi = entry(donation).source
        entry(donation, kind="refund", source=f"re_{donation.uuid.hex}", amount=-donation.amount)
        booked(donation)
        written.append([composed("paid", pi), composed("refunded", f"re_{donation.uuid.hex}")])
    for donation, own, other in ((ada, written[0], bob), (bob, written[1], ada)):
        for letter in own:
            assert letter.to == donation.email
            everything = letter.subject + letter.text + letter.html
            assert str(donation.amount // 100) in everything
            assert donation.name in everything
            assert donation.session_id in everything
            for foreign in (other.name, other.email, other.session_id, f"${other.amount // 100}", "secret"):
                assert foreign not in everything


def test_what_arrived_is_told_and_not_what_was_asked(make_donation: Make) -> None:
    donation = make_donation(amount=2500, email="ada@example.org")
    letter = composed("paid", entry(donation, amount=900, currency="eur").source)
    assert "€9.00" in letter.text
    assert "25" not in letter.text.replace(str(donation.pk), "")


def test_of_two_payments_of_one_gift_each_receipt_tells_its_own(make_donation: Make) -> None:
    donation = make_donation(amount=2500, email="ada@example.org")
    first, second = entry(donation), entry(donation, source="pi_again", amount=2600)
    assert "$25.00" in composed("paid", first.source).text
    assert "$26.00" in composed("paid", second.source).text
    for source, amount, told in (("re_1", -2500, "$25.00"), ("re_2", -2600, "$26.00")):
        entry(donation, kind="refund", source=source, amount=amount)
        assert f"your {told} to Tincup is on its way back" in composed("refunded", source).text


def test_the_date_is_that_of_the_sites_clock(make_donation: Make) -> None:
    donation = make_donation(email="ada@example.org")
    entry(donation, happened_at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    assert "arrived on 22 November 2026." in composed("paid", f"pi_{donation.uuid.hex}").text
    with timezone.override("Europe/Zurich"):
        assert "arrived on 23 November 2026." in composed("paid", f"pi_{donation.uuid.hex}").text


def test_real_money_is_not_called_practice(make_donation: Make, settings: pytest_django.Settings) -> None:
    donation = make_donation(email="ada@example.org")
    key = entry(donation).source
    assert composed("paid", key).subject.startswith("[Practice]")
    settings.STRIPE_LIVE = True
    assert composed("paid", key).subject.startswith("Your $20")


def test_the_letter_is_in_the_sites_language_whatever_the_thread_speaks(
    make_donation: Make, settings: pytest_django.Settings
) -> None:
    settings.LANGUAGE_CODE = "de"
    donation = make_donation(amount=123450, email="ada@example.org")
    letter = composed("paid", entry(donation).source)
    assert 'lang="de"' in letter.html
    assert "1.234,50\N{NO-BREAK SPACE}$" in letter.text


def test_currencies_without_cents_have_none(make_donation: Make) -> None:
    donation = make_donation(amount=2500, currency="jpy", email="ada@example.org")
    assert "¥2,500 arrived" in composed("paid", entry(donation).source).text


# --- The fee ----------------------------------------------------------------------------------------------------------


def test_the_card_fee_is_told_when_stripes_book_has_it(make_donation: Make) -> None:
    donation = make_donation(amount=2500, email="ada@example.org")
    key = entry(donation).source
    assert "fee" not in composed("paid", key).text
    booked(donation)
    assert "Card fee $1.03; $23.97 reached us." in composed("paid", key).text


@pytest.mark.parametrize(
    "changes",
    [
        {"payment": "pi_of_another"},
        {"amount": 2600},
        {"type": "refund"},
        {"fee": 0, "net": 2500},
    ],
    ids=str,
)
def test_nothing_is_said_of_a_fee_that_is_not_this_gifts(make_donation: Make, changes: dict[str, Any]) -> None:
    donation = make_donation(amount=2500, email="ada@example.org")
    booked(donation, **changes)
    letter = composed("paid", entry(donation).source)
    assert "fee" not in letter.text
    assert "reached us" not in letter.text + letter.html


def test_a_fee_settled_in_another_currency_is_told_in_it(make_donation: Make) -> None:
    donation = make_donation(amount=2500, email="ada@example.org")
    booked(donation, currency="chf", amount=2250, fee=90, net=2160)
    assert "Card fee CHF0.90; CHF21.60 reached us." in composed("paid", entry(donation).source).text.replace("\xa0", "")


def test_a_bank_payments_fee_is_found_too(make_donation: Make) -> None:
    donation = make_donation(amount=2500, email="ada@example.org", delayed=True)
    booked(donation, type="payment", fee=35, net=2465)
    assert "Payment fee $0.35; $24.65 reached us." in composed("paid", entry(donation).source).text


# --- What is not written ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["paid", "refunded", "refund_failed"])
def test_without_an_address_the_letter_waits(make_donation: Make, kind: str) -> None:
    donation = make_donation()
    entry(donation)
    entry(donation, kind="refund", source=f"pi_{donation.uuid.hex}", amount=-100)
    if kind == "refund_failed":
        entry(donation, kind="refund_failure", source=f"pi_{donation.uuid.hex}", amount=100)
    assert isinstance(emails.compose(kind, f"pi_{donation.uuid.hex}"), Retry)


def test_a_failed_gift_without_an_address_waits_too(make_donation: Make) -> None:
    donation = make_donation(status="failed")
    assert isinstance(emails.compose("failed", str(donation.uuid)), Retry)


def test_a_letter_that_found_no_address_for_a_day_is_closed(donation: Donation) -> None:
    outbox.enqueue("paid", entry(donation).source)
    Mail.objects.update(created_at=timezone.now() - timedelta(hours=25))
    send()
    mail = Mail.objects.get()
    assert (mail.state, mail.error) == ("closed", "no address")


@pytest.mark.parametrize("kind", ["paid", "refunded", "refund_failed"])
def test_what_is_not_in_the_book_is_not_written_about(kind: str) -> None:
    assert isinstance(emails.compose(kind, "pi_gone"), Cancel)


def test_a_donation_that_is_gone_is_not_written_about() -> None:
    assert isinstance(emails.compose("failed", "a5f6ea1c-3f1f-4f0b-8a7a-3d1a2a6e8f11"), Cancel)


def test_a_refund_that_failed_before_it_was_told_is_not_told(make_donation: Make) -> None:
    donation = make_donation(email="ada@example.org")
    entry(donation)
    entry(donation, kind="refund", source="re_1", amount=-2000)
    assert isinstance(emails.compose("refunded", "re_1"), Email)
    entry(donation, kind="refund_failure", source="re_1", amount=2000)
    assert isinstance(emails.compose("refunded", "re_1"), Cancel), "it would be untrue"


def test_a_gift_that_arrived_after_all_is_not_told_as_failed(make_donation: Make) -> None:
    donation = make_donation(email="ada@example.org", status="paid", settling_failed=True)
    assert isinstance(emails.compose("failed", str(donation.uuid)), Cancel)


def test_a_kind_that_nobody_knows_is_closed_and_not_tried_for_ever() -> None:
    assert isinstance(emails.compose("newsletter", "1"), Cancel)


@pytest.mark.parametrize(("kept", "language"), [("de-ch", "de"), ("en", "en"), ("", "en"), ("it", "en")])
def test_the_letter_is_in_the_language_in_which_the_gift_was_begun(
    make_donation: Make, settings: pytest_django.Settings, kept: str, language: str
) -> None:
    settings.LANGUAGES = [("de", "Deutsch"), ("en", "English")]
    donation = make_donation(amount=123450, email="ada@example.org", language=kept)
    letter = composed("paid", entry(donation).source)
    assert f'lang="{language}"' in letter.html
    assert ("1.234,50\N{NO-BREAK SPACE}$" in letter.text) == (language == "de")
