"""A gift that comes again is stopped for its donor: said first, with a reason that is kept, and once."""

from __future__ import annotations

import re
import uuid
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client

from accounts.data import deletion
from accounts.models import User
from donations.domain.subscription import SubscriptionStatus
from donations.models import StopRequest, Subscription
from donations.stripe import client as stripe_client
from donations.stripe.errors import Refused, StripeUnavailable
from donations.stripe.recurring import changes
from mail.models import Mail
from tests.accounts.conftest import ALICE, PASSWORD, post
from tests.donations.donors.monthly.conftest import at_stripe, gives_monthly  # noqa: F401  (fixtures)
from tests.donations.giving.donor import SANDBOX


@pytest.fixture
def support(db: None) -> Client:
    user = User.objects.create_user("sue@example.org", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name="Support"))
    client = Client()
    client.force_login(user)
    return client


def page_of(subscription: Subscription) -> str:
    return f"/admin/donations/subscription/{subscription.pk}/stop/"


def form(client: Client, page: str, **typed: str) -> dict[str, str]:
    found = re.search(r'name="form" value="([0-9a-f-]{36})"', client.get(page).text)
    assert found
    return {"when": "now", "reason": "asked by telephone", "form": found[1]} | typed


def confirm(client: Client, page: str, **typed: str):
    return client.post(page, form(client, page, **typed) | {"confirmed": "yes"}, follow=True)


@SANDBOX
def test_stopped_at_once_the_donor_is_told_and_the_reason_stands_there(support, at_stripe):  # noqa: F811
    Mail.objects.all().delete()
    shown = confirm(support, page_of(at_stripe)).text
    assert "Stopped: nothing is charged any more." in shown
    assert "asked by telephone" in shown
    at_stripe.refresh_from_db()
    assert (at_stripe.status, at_stripe.ended_by) == ("ended", "staff")
    assert stripe_client.retrieve(at_stripe.stripe_id)["status"] == "canceled"
    assert "Stopped: $20 every month" in post()[0].subject
    assert LogEntry.objects.get().change_message == "Stopped it at once."
    assert "It has ended." in support.get(page_of(at_stripe)).text


@SANDBOX
def test_stopped_at_the_period_s_end_nothing_is_charged_and_it_ends_then(support, at_stripe):  # noqa: F811
    Mail.objects.all().delete()
    assert "it ends with what was paid for" in confirm(support, page_of(at_stripe), when="end").text
    at_stripe.refresh_from_db()
    assert (at_stripe.status, at_stripe.cancel_at) == ("ending", at_stripe.period_end)
    assert "ends on" in post()[0].subject
    assert 'value="end"' not in support.get(page_of(at_stripe)).text, "what ends so already can only stop at once"


@SANDBOX
def test_two_clicks_are_one_request(support, at_stripe):  # noqa: F811
    sent = form(support, page_of(at_stripe)) | {"confirmed": "yes"}
    with patch.object(changes, "stop", wraps=changes.stop) as stop:
        for _click in (1, 2):
            assert "Stopped: nothing is charged" in support.post(page_of(at_stripe), sent, follow=True).text
    assert stop.call_count == 1
    assert StopRequest.objects.get().asked_by == "sue@example.org"
    assert Mail.objects.filter(kind="monthly_stopped").count() == 1


@pytest.mark.django_db
def test_what_it_means_is_said_before_and_nothing_is_done_yet(support, gives_monthly):  # noqa: F811
    one = gives_monthly()
    sent = form(support, page_of(one), when="end")
    shown = support.post(page_of(one), sent).text
    assert "is not made, nor any after it." in shown
    assert f"An e-mail tells the donor: {ALICE}." in shown
    assert "Write why" in support.post(page_of(one), sent | {"reason": " "}).text
    assert not StopRequest.objects.exists()


@pytest.mark.django_db
def test_an_old_sign_in_types_the_password_again(support, gives_monthly):  # noqa: F811
    one = gives_monthly()
    session = support.session
    session["signed_in_at"] = 0
    session.save()
    sent = form(support, page_of(one)) | {"confirmed": "yes"}
    with patch.object(changes, "stop") as stop:
        assert "Your password:" in support.post(page_of(one), sent).text
        assert "That password is not right." in support.post(page_of(one), sent | {"password": "wrong"}).text
        assert not stop.called
        support.post(page_of(one), sent | {"password": PASSWORD})
        assert stop.called


@pytest.mark.django_db
def test_when_stripe_is_silent_the_same_request_is_sent_again(support, gives_monthly):  # noqa: F811
    one = gives_monthly()
    sent = form(support, page_of(one)) | {"confirmed": "yes"}
    with patch.object(changes, "stop", side_effect=StripeUnavailable("silence")) as stop:
        shown = support.post(page_of(one), sent).text
        assert "Asking again does it once." in shown
        assert sent["form"] in shown
        support.post(page_of(one), sent)
    assert len({call.kwargs["key"] for call in stop.call_args_list}) == 1
    assert StopRequest.objects.get().done_at is None
    assert "Stripe has not answered." in support.get(f"/admin/donations/subscription/{one.pk}/change/").text


@pytest.mark.django_db
def test_when_stripe_refuses_nothing_is_noted(support, gives_monthly):  # noqa: F811
    one = gives_monthly()
    with patch.object(changes, "stop", side_effect=Refused(400, "x", "no")):
        assert "Stripe did not stop it" in confirm(support, page_of(one)).text
    assert not StopRequest.objects.exists()


@pytest.mark.django_db
def test_the_page_of_one_that_failed_offers_no_end_of_what_was_paid_for(support, gives_monthly):  # noqa: F811
    one = gives_monthly()
    Subscription.objects.filter(pk=one.pk).update(status=SubscriptionStatus.GIVEN_UP)
    assert 'value="end"' not in support.get(page_of(one)).text


@pytest.mark.django_db
def test_the_reason_goes_with_the_donor_who_is_erased(gives_monthly):  # noqa: F811
    one = gives_monthly()
    StopRequest.objects.create(
        uuid=uuid.uuid4(), subscription=one, at_period_end=False, reason="Alice rang", asked_by="sue@example.org"
    )
    Subscription.objects.filter(pk=one.pk).update(status="ended")
    deletion.erase_donor(ALICE)
    assert StopRequest.objects.get().reason == ""
