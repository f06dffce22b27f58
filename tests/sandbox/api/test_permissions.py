"""Restricted keys: each call needs its permission, and the refusal names it as Stripe's dashboard does."""

from __future__ import annotations

import pytest
import stripe

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


@pytest.fixture
def restricted(live_server, settings) -> stripe.StripeClient:
    """Stripe's SDK with a restricted key."""
    return stripe.StripeClient("rk_test_of_a_small_shop", base_addresses={"api": f"{live_server.url}/sandbox"})


def refusal(call) -> str:
    with pytest.raises(stripe.PermissionError) as refused:
        call()
    assert refused.value.http_status == 403
    assert refused.value.error
    assert refused.value.error.code == "more_permissions_required"
    return str(refused.value.user_message)


def test_a_restricted_key_may_do_what_it_does_not_lack(restricted, control):
    control(missing_permissions="payout_read dispute_write")
    assert restricted.v1.refunds.list().data == []
    assert restricted.v1.disputes.list().data == []


def test_the_refusal_names_the_permission_and_hides_the_key(restricted, control):
    control(missing_permissions="payout_read")
    message = refusal(restricted.v1.payouts.list)
    assert "Enabling \"Payouts Read\" ('payout_read') permissions on this key would allow this request" in message
    assert "small" not in message


def test_a_key_that_may_not_read_may_not_write(restricted, control):
    control(missing_permissions="charge_read")
    assert "Charges and Refunds Write" in refusal(lambda: restricted.v1.refunds.create({"payment_intent": "pi_1"}))


def test_what_is_expanded_is_read_as_well(restricted, control, pay_session):
    session = pay_session()
    control(missing_permissions="charge_read")
    assert restricted.v1.checkout.sessions.retrieve(session.id).id == session.id
    deep = {"expand": ["payment_intent.latest_charge"]}
    assert "charge_read" in refusal(lambda: restricted.v1.checkout.sessions.retrieve(session.id, deep))


def test_a_secret_key_lacks_nothing(api, control):
    control(missing_permissions="payout_read")
    assert api.v1.payouts.list().data == []


def test_a_permission_that_stripe_does_not_have_is_refused(control):
    assert (
        "There is no permission money_read" in control(missing_permissions="charge_read money_read")["error"]["message"]
    )
