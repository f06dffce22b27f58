from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_django
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import gettext_lazy

from donations.domain.updates import Payment, StripeUpdate
from donations.jobs import scheduler
from donations.jobs.registry import Job
from donations.ledger import monthly_totals, posting
from donations.models import Chore, Donation, Total
from donations.reporting import totals_zone

pytestmark = pytest.mark.django_db


def job(work: Callable[[], str]) -> Job:
    return Job(gettext_lazy("Work"), timedelta(hours=1), work)


def test_a_failing_job_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def broken() -> int:
        raise RuntimeError("no network")

    def work() -> int:
        done.append("work")
        return 1

    monkeypatch.setattr(scheduler, "ALWAYS", (broken, work))
    monkeypatch.setattr(scheduler, "SCHEDULE", {})
    call_command("housekeeping")
    assert done == ["work"]
    assert "no network" in caplog.text


def test_work_by_the_clock_is_done_once_in_its_time_and_its_result_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    def work() -> str:
        done.append(1)
        if len(done) > 1:
            raise RuntimeError("no network")
        return "all well"

    monkeypatch.setattr(scheduler, "SCHEDULE", {"work": job(work)})
    scheduler.run_due()
    scheduler.run_due()
    assert len(done) == 1
    assert Chore.objects.get(pk="work").result == "all well"
    Chore.objects.update(due_at=timezone.now())
    scheduler.run_due()
    failed = Chore.objects.get(pk="work")
    assert (failed.result, failed.error) == ("all well", "RuntimeError: no network"), "the last result is kept"
    assert failed.due_at < timezone.now() + timedelta(minutes=11), "it comes again long before its hour is over"


def test_work_that_was_cut_short_comes_again_after_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed() -> str:
        raise SystemExit

    monkeypatch.setattr(scheduler, "SCHEDULE", {"work": job(killed)})
    with pytest.raises(SystemExit):
        scheduler.run_due()
    assert Chore.objects.get(pk="work").due_at < timezone.now() + timedelta(minutes=11)


def test_an_idle_round_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "SCHEDULE", {"work": job(lambda: "done")})
    scheduler.run_due()
    with CaptureQueriesContext(connection) as queries:
        scheduler.run_due()
    assert {query["sql"].split()[0] for query in queries.captured_queries} == {"SELECT"}


def months() -> dict[str, tuple[int, int]]:
    return {f"{total.month:%Y-%m}": (total.raised, total.gifts) for total in Total.objects.all() if total.raised}


def test_totals_are_rebuilt_at_once_when_the_sites_clock_is_another(
    make_donation: Callable[..., Donation], settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "ALWAYS", (scheduler.notice_another_clock,))
    monkeypatch.setattr(scheduler, "SCHEDULE", {scheduler.TOTALS: scheduler.SCHEDULE[scheduler.TOTALS]})
    payment = Payment("pi_1", 2000, "usd")
    at = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    posting.post(StripeUpdate(at=at, donation=make_donation().uuid, refs=("pi_1",), change=payment))
    scheduler.run_due()
    assert months() == {"2026-10": (2000, 1)}
    settings.TIME_ZONE = "Europe/Berlin"
    scheduler.run_due()
    assert months() == {"2026-11": (2000, 1)}
    assert monthly_totals.compare() == {}
    with CaptureQueriesContext(connection) as queries:
        scheduler.run_due()
    assert {query["sql"].split()[0] for query in queries.captured_queries} == {"SELECT"}


def test_the_totals_are_looked_at_again_when_gifts_came_meanwhile(
    monkeypatch: pytest.MonkeyPatch, settings: pytest_django.Settings
) -> None:
    monkeypatch.setattr(monthly_totals, "compare", lambda: {("usd", date(2026, 10, 1)): ((1,) * 6, (0,) * 6)})
    assert totals_zone.rebuild() == (0, None)
    assert not totals_zone.made_here(None)
    assert totals_zone.made_here({"zone": settings.TIME_ZONE})
