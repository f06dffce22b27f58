"""Lists: every page of them, in both directions."""

from __future__ import annotations

import pytest
import stripe

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])


def test_every_page_of_a_list_is_walked_newest_first(api, create_session):
    made = [create_session().id for _ in range(7)]
    walked = [session.id for session in api.v1.checkout.sessions.list({"limit": 3}).auto_paging_iter()]
    assert walked == made[::-1]
    first = api.v1.checkout.sessions.list({"limit": 3})
    assert (len(first.data), first.has_more, first.url) == (3, True, "/v1/checkout/sessions")
    assert not api.v1.checkout.sessions.list({"limit": 7}).has_more


def test_walking_backwards_from_one_seen_is_chronological(api, create_session):
    made = [create_session().id for _ in range(6)]
    newer = api.v1.checkout.sessions.list({"limit": 2, "ending_before": made[0]})
    assert [session.id for session in newer.auto_paging_iter()] == made[1:]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"starting_after": "cs_none"}, "starting_after"),
        ({"starting_after": "cs_1", "ending_before": "cs_2"}, "starting_after"),
        ({"status": "paid"}, "status"),
        ({"created": {"since": 1}}, "created[since]"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_list_refuses_what_it_does_not_understand(api, params, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.v1.checkout.sessions.list(params)
    assert (refused.value.http_status, refused.value.param) == (400, param)
