"""Letters about monthly gifts: each once, and none that is not true any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from donations.models import Donation
from mail.models import Mail
from tests.accounts.conftest import language_of, link_in, post
from tests.donations.donors.monthly.conftest import tell
from tests.donations.subscription_objects import invoice, subscription

pytestmark = pytest.mark.django_db


def seconds(**ahead: int) -> int:
    return int((timezone.now() + timedelta(**ahead)).timestamp())


def subjects() -> list[str]:
    return [str(letter.subject).removeprefix("[Practice] ") for letter in post() if "receipt" not in letter.subject]


def fail(donation: Donation, attempts: int = 1, **changes) -> None:
    about = {"status": "open", "attempt_count": attempts, "created": seconds(), "next_payment_attempt": seconds(days=5)}
    tell(invoice(donation, 1, **about | changes))


def test_who_begins_is_told_how_to_stop(gives_monthly):
    gives_monthly()
    (letter,) = [each for each in post() if "You give" in each.subject]
    assert "until you stop it" in letter.body
    assert link_in(letter).startswith("/monthly")
    assert post() == [], "once"


def test_a_charge_that_fails_is_told_once_with_a_link_to_another_card(client, gives_monthly):
    first = gives_monthly().first
    Mail.objects.all().delete()
    for attempts in (1, 2, 3):
        fail(first, attempts)
    (letter,) = post()
    assert "Your card didn’t pay $20.00" in letter.subject
    link = link_in(letter).rstrip("?")
    assert client.post(link).status_code == 302
    assert "Change the card on Stripe’s page" in client.get("/monthly", follow=True).text
    assert Client().get(link).status_code == 410


def test_a_charge_that_was_paid_before_the_letter_went_is_not_told(gives_monthly):
    first = gives_monthly().first
    Mail.objects.all().delete()
    fail(first)
    tell(invoice(first, 1, attempt_count=2, created=seconds(), payment="pi_2"))
    assert subjects() == []


def test_a_first_charge_that_fails_is_told_on_stripe_s_page(gives_monthly, make_donation):
    donation = make_donation(email="ada@example.org")
    tell(subscription(donation, status="incomplete", created=seconds()))
    tell(invoice(donation, status="open", created=seconds()))
    assert subjects() == []


def test_what_ended_after_failures_is_told_as_that(gives_monthly):
    first = gives_monthly().first
    fail(first)
    Mail.objects.all().delete()
    why = {"comment": None, "feedback": None, "reason": "payment_failed"}
    ended = {"status": "canceled", "ended_at": seconds(), "cancellation_details": why}
    tell(subscription(first, **ended))
    assert subjects() == ["Ended: $20 every month"]


def test_an_end_that_was_announced_is_told_once(gives_monthly):
    first = gives_monthly().first
    Mail.objects.all().delete()
    end = seconds(days=1)
    tell(subscription(first, cancel_at=end))
    (subject,) = subjects()
    assert subject.startswith("Your gift of $20 every month ends on ")
    tell(subscription(first, status="canceled", cancel_at=end, ended_at=end))
    assert subjects() == []


def test_what_stripe_tells_of_long_ago_is_no_news(make_donation):
    donation = make_donation(email="ada@example.org")
    tell(subscription(donation))
    tell(invoice(donation, payment="pi_0"))
    tell(invoice(donation, 1, status="open", attempt_count=3))
    tell(subscription(donation, status="canceled", ended_at=seconds(days=-20)))
    assert subjects() == []


def test_letters_are_in_the_language_in_which_the_gift_was_begun(gives_monthly, settings):
    settings.LANGUAGES = [("de", "Deutsch"), ("en", "English")]
    first = gives_monthly().first
    Donation.objects.filter(pk=first.pk).update(language="de-at")
    fail(first)
    letters = post()
    assert len(letters) > 2
    assert {language_of(letter) for letter in letters} == {"de"}
