"""The log says what was asked, and never what must stay private."""

from __future__ import annotations

import logging

import pytest
from django.test import Client


@pytest.mark.django_db
def test_one_line_without_the_query(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tincup.access"):
        client.get("/nowhere?session_id=cs_secret&email=a@b.c")
    [record] = caplog.records
    assert record.getMessage().startswith("GET /nowhere 404 ")
    assert "secret" not in record.getMessage()


@pytest.mark.django_db
def test_a_path_cannot_forge_a_second_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tincup.access"):
        client.get("/x%0A2026-01-01 INFO tincup.access GET /forged 200")
    [record] = caplog.records
    assert "\n" not in record.getMessage()
