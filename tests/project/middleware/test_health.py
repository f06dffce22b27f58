"""What a load balancer asks."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from django.db.migrations.executor import MigrationExecutor
from django.test import Client


@pytest.mark.parametrize("path", ["/livez", "/livez/"])
@pytest.mark.parametrize("host", ["localhost", "10.1.2.3:8000", "evil.example", "no such host!"])
def test_alive_whatever_name_it_is_asked_by(client: Client, path: str, host: str) -> None:
    response = client.get(path, headers={"host": host})
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"] == "no-store"


def test_no_other_page_answers_a_strange_host(client: Client) -> None:
    assert client.get("/login", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/readyz", "/readyz/"])
def test_ready(client: Client, path: str) -> None:
    response = client.get(path, headers={"host": "10.1.2.3"})
    assert (response.status_code, response.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_not_ready_while_migrations_are_missing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: [("a migration", False)])
    response = client.get("/readyz")
    assert response.status_code == 503
    assert b"manage.py migrate" in response.content


def test_not_ready_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise DatabaseError("password=hunter2 refused")

    monkeypatch.setattr(MigrationExecutor, "__init__", away)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"the database does not answer\n")
    assert client.get("/livez").status_code == 200
