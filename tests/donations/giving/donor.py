"""What a donor does in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from donations.models import Donation
from tests.donations.stripe_objects import event, session

SANDBOX = pytest.mark.django_db(transaction=True, databases=["default", "sandbox"])
HTMX = {"HX-Request": "true"}
Post = Callable[..., Any]


def give(client: Client, amount: str = "20", *, token: str = "t", **more: Any) -> Any:
    headers = more.pop("headers", {})
    return client.post("/donate", {"amount": amount, "token": token} | more, headers=headers)


def pay(donation: Donation, post_event: Post, **changes: Any) -> None:
    paid = session(donation, id=donation.session_id, **changes)
    assert post_event(event("checkout.session.completed", paid)).status_code == 200


def page(client: Client, donation: Donation, path: str = "/success", **headers: str) -> Any:
    return client.get(path, {"session_id": donation.session_id}, headers=headers)
