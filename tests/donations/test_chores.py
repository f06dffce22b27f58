from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from donations import chores

pytestmark = pytest.mark.django_db


def test_a_failing_chore_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def broken() -> int:
        raise RuntimeError("no network")

    def work() -> int:
        done.append("work")
        return 1

    monkeypatch.setattr(chores, "CHORES", (broken, work))
    call_command("housekeeping")
    assert done == ["work"]
    assert "no network" in caplog.text


def test_an_idle_round_reads_twice_and_writes_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        chores.do_due()
    assert [query["sql"].split()[0] for query in queries.captured_queries] == ["SELECT", "SELECT"]
