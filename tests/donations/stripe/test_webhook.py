"""What the webhook answers: Stripe sends again after anything but 200, and a forged event changes no row."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from donations.domain.status import Status
from donations.models import Donation, LedgerEntry, StripeEvent, StripeRef
from tests.donations.stripe_objects import event, session, signature

Post = Callable[..., Any]


@pytest.fixture
def completed(donation: Donation) -> dict[str, Any]:
    return event("checkout.session.completed", session(donation))


def _nothing_changed(donation: Donation) -> bool:
    donation.refresh_from_db()
    return (
        donation.status == Status.PENDING
        and not LedgerEntry.objects.exists()
        and not StripeRef.objects.exists()
        and not StripeEvent.objects.exists()
    )


@pytest.mark.parametrize(
    "forge",
    [
        lambda body: "",
        lambda body: "t=1,v1=",
        lambda body: "nonsense",
        lambda body: signature(body, secret="whsec_another"),
        lambda body: signature(body, at=time.time() - 301),
        lambda body: signature(body + b" "),
        lambda body: signature(body).replace("v1=", "v0="),
        lambda body: signature(body)[:-1] + "é",
    ],
    ids=["missing", "empty", "nonsense", "another secret", "stale", "tampered", "wrong scheme", "not ASCII"],
)
def test_a_forged_event_changes_no_row(
    donation: Donation, completed: dict[str, Any], post_event: Post, forge: Callable[[bytes], str]
) -> None:
    body = json.dumps(completed).encode()
    response = post_event(body, **{"Stripe-Signature": forge(body)})
    assert response.status_code == 400
    assert _nothing_changed(donation)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"null", b"42", b'"text"', b"not json", b'{"object": "event", "id": "evt_1"', b"\xff\xfe",
        b"[" * 50_000, json.dumps({"object": "v2.core.event", "id": "evt_1", "type": "v1.charge.refunded"}).encode(),
        json.dumps({"object": "event", "id": "evt_1", "type": "x", "livemode": False, "created": 1,
                    "data": 7}).encode(),
        json.dumps({"object": "event", "id": "../1", "type": "x", "livemode": False, "created": 1,
                    "data": {"object": {}}}).encode(),
    ],
)  # fmt: skip
def test_a_signed_body_that_is_no_event_is_refused(donation: Donation, post_event: Post, body: bytes) -> None:
    assert post_event(body).status_code == 400
    assert _nothing_changed(donation)


def test_an_event_of_the_other_mode_is_refused(donation: Donation, completed: dict[str, Any], post_event: Post) -> None:
    assert post_event(completed | {"livemode": True}).status_code == 400
    assert _nothing_changed(donation)


def test_a_huge_body_is_refused_before_it_is_read(donation: Donation, post_event: Post) -> None:
    assert post_event(b"x" * 300_000).status_code == 413
    assert _nothing_changed(donation)


def test_while_a_secret_is_rotated_both_are_accepted(
    donation: Donation, completed: dict[str, Any], post_event: Post, settings: Settings
) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_old"]
    body = json.dumps(completed).encode()
    assert post_event(body, **{"Stripe-Signature": signature(body, secret="whsec_old")}).status_code == 200
    assert post_event(body, **{"Stripe-Signature": signature(body, secret="whsec_new")}).status_code == 200


def test_without_a_secret_nothing_is_believed(
    donation: Donation, completed: dict[str, Any], post_event: Post, settings: Settings
) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    body = json.dumps(completed).encode()
    assert post_event(body, **{"Stripe-Signature": signature(body, secret="whsec_")}).status_code == 400
    assert _nothing_changed(donation)


def test_both_forms_of_the_address_are_answered_and_only_to_post(db: None, completed: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    body = json.dumps(completed).encode()
    for path in ("/stripe-webhook", "/stripe-webhook/"):
        response = client.post(
            path, body, content_type="application/json", headers={"Stripe-Signature": signature(body)}
        )
        assert response.status_code == 200
        assert client.get(path).status_code == 405
