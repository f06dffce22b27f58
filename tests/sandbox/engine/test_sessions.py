"""Sessions: they expire by request and by time, once, and never when they are paid."""

from __future__ import annotations

import time

import pytest
import stripe

from sandbox.models import Record

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def make_due(session_id: str) -> None:
    """The session's time is over."""
    Record.objects.filter(stripe_id=session_id).update(due_at=time.time() - 1)


def test_an_expired_session_is_closed_with_one_event(api, create_session):
    session = create_session()
    expired = api.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url, expired.payment_status) == ("expired", None, "unpaid")
    with pytest.raises(stripe.InvalidRequestError, match="Only Checkout Sessions with a status") as refused:
        api.v1.checkout.sessions.expire(session.id)
    assert refused.value.http_status == 400
    assert len(api.v1.events.list({"type": "checkout.session.expired"}).data) == 1


@pytest.mark.parametrize("look", ["retrieve", "list", "page"])
def test_a_due_session_is_expired_however_it_is_read(api, client, create_session, look):
    session = create_session()
    make_due(session.id)
    if look == "retrieve":
        assert api.v1.checkout.sessions.retrieve(session.id).status == "expired"
    elif look == "list":
        assert api.v1.checkout.sessions.list({"status": "expired"}).data[0].id == session.id
    else:
        assert client.get(f"/sandbox/pay/{session.id}").status_code == 410
    assert [event.data.object.id for event in api.v1.events.list().data] == [session.id]
    assert Record.objects.get().due_at is None


def test_a_paid_session_never_expires(api, create_session, pay):
    session = create_session()
    pay(session.id)
    assert Record.objects.get(stripe_id=session.id).due_at is None
