"""Lists that lag: what is new is known by its id at once, and appears in lists later."""

from __future__ import annotations

import pytest

from sandbox.models import Record

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def test_a_list_shows_later_what_its_id_shows_at_once(api, control, pay_session):
    control(list_lag=120)
    session = pay_session()
    assert api.v1.checkout.sessions.retrieve(session.id).status == "complete"
    for service in (api.v1.checkout.sessions, api.v1.payment_intents, api.v1.charges, api.v1.balance_transactions):
        assert service.list().data == []
    assert api.v1.events.list().data == []

    Record.objects.update(created=Record.objects.get(stripe_id=session.id).created - 121)
    assert [each.id for each in api.v1.checkout.sessions.list().data] == [session.id]
