"""Who may ask for the metrics, and what they tell."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import pytest_django
from django.test import Client
from django.utils import timezone

from donations.models import Alarm, Chore, StripeEvent
from donations.stripe import client as stripe_client
from donations.stripe.errors import StripeUnavailable
from mail.models import Mail
from tests.donations import stripe_objects

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-tests"


@pytest.fixture(autouse=True)
def _token(settings: pytest_django.Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def metrics(client: Client) -> dict[str, float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Host": "10.0.0.7:8000"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    lines = [line.rpartition(" ") for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


@pytest.mark.parametrize("given", ["", f"Bearer {TOKEN}x", TOKEN, "Bearer ", "Bearer é"])
def test_without_the_token_there_is_nothing(client: Client, given: str):
    assert client.get("/metrics", headers={"Authorization": given}).status_code == 404


def test_without_a_token_set_nobody_gets_in(client: Client, settings: pytest_django.Settings):
    settings.METRICS_TOKEN = ""
    for given in ("", "Bearer ", "Bearer"):
        assert client.get("/metrics", headers={"Authorization": given}).status_code == 404


def test_answers_are_counted_by_the_name_of_the_view(client: Client):
    before = metrics(client)
    client.get("/docs/privacy?x=1")
    client.get("/docs/giving")
    client.get("/there/is/nothing")
    client.generic("BREW", "/docs")
    after = metrics(client)

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    pages = [
        name
        for name in after
        if re.fullmatch(r'tincup_requests_total\{method="GET",status="200",view="[\w:-]+"\}', name)
    ]
    assert sum(map(more, pages)) == 2
    assert more('tincup_requests_total{method="GET",status="404",view="none"}') == 1
    assert not any("BREW" in name for name in after), "a client's own words are no labels"
    assert not any("privacy" in name for name in after), "nor are addresses"


def test_deliveries_and_calls_are_counted_by_how_they_ended(client: Client, monkeypatch: pytest.MonkeyPatch):
    before = metrics(client)
    client.post("/stripe-webhook/", b"{}", content_type="application/json")
    with pytest.raises(StripeUnavailable), stripe_client._calling():
        raise StripeUnavailable("away")
    after = metrics(client)
    for name in (
        'tincup_webhook_deliveries_total{answer="400"}',
        'tincup_stripe_calls_total{outcome="StripeUnavailable"}',
    ):
        assert after[name] == before.get(name, 0) + 1


def test_the_lag_of_an_event_is_measured(client: Client, post_event, donation):
    before = metrics(client).get("tincup_webhook_lag_seconds_count", 0)
    post_event(stripe_objects.event("customer.created", {"id": "cus_1", "object": "customer"}))
    assert metrics(client)["tincup_webhook_lag_seconds_count"] == before + 1


def test_the_database_is_asked_for_what_waits(client: Client):
    Mail.objects.create(kind="paid", key="1", created_at=timezone.now() - timedelta(hours=2))
    StripeEvent.objects.create(id="evt_1", type="x", state="failed", body="")
    made_at = timezone.now() - timedelta(hours=1)
    Chore.objects.create(name="back-up", due_at=made_at, done_at=made_at, data={"made_at": made_at.isoformat()})
    found = metrics(client)
    assert found["tincup_outbox_waiting"] == 1
    assert 7200 <= found["tincup_outbox_oldest_seconds"] < 7300
    assert found['tincup_events{state="failed"}'] == 1
    assert found["tincup_backup_timestamp_seconds"] == pytest.approx(made_at.timestamp())
    assert found['tincup_job_failing{job="back-up"}'] == 0
    assert found["tincup_shield_alarm"] == 0
    Alarm.objects.create()
    assert metrics(client)["tincup_shield_alarm"] == 1
