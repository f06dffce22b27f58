"""Stripe's events pass by what is made for visitors, and lose nothing that machines need."""

from __future__ import annotations

import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.test import Client

PATHS = ["/stripe-webhook/", "/stripe-webhook"]


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that came as far as the middleware of visitors' sessions."""
    seen: list[str] = []
    went_on = SessionMiddleware.process_request

    def process_request(self: SessionMiddleware, request: HttpRequest) -> None:
        seen.append(request.path)
        went_on(self, request)

    monkeypatch.setattr(SessionMiddleware, "process_request", process_request)
    return seen


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_an_event_comes_straight_to_its_view(client: Client, visits: list[str], path: str) -> None:
    answer = client.post(path, b"{}", content_type="application/json")
    assert (answer.status_code, answer.content) == (400, b"bad signature\n")
    assert answer["X-Request-ID"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert visits == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_a_strange_host_is_refused_there_too(client: Client, path: str) -> None:
    answer = client.post(path, b"{}", content_type="application/json", headers={"host": "evil.example"})
    assert (answer.status_code, b"bad signature" in answer.content) == (400, False)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/stripe-webhook/x", "/stripe-webhookx", "/api/stats/"])
def test_everything_else_goes_the_whole_way(client: Client, visits: list[str], path: str) -> None:
    client.get(path)
    assert visits == [path]
