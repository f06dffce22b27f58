"""What the doctor says of a site that ails in one way each."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.http import http_date

from donations.jobs import scheduler
from donations.jobs.registry import Result
from donations.ledger import append_only
from donations.models import Chore, SiteIdentity, StripeEvent
from donations.stripe.account import check as stripe_check
from lib.finding import Finding, Level, fault, good, warning
from lib.web import unknown_proxy
from mail.models import Mail
from tests.accounts.conftest import paid
from upkeep.backup import making
from upkeep.doctor import database, examination, machine, stripe_side

pytestmark = pytest.mark.django_db


def said(check: Callable[..., Iterator[Finding]], *arguments: str) -> dict[str, Finding]:
    return {each.name: each for each in check(*arguments)}


@pytest.fixture
def stripe_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Stripe's clock, so many seconds ahead of ours."""

    def ahead(seconds: float) -> None:
        monkeypatch.setattr(
            requests.Session,
            "head",
            lambda *_, **__: SimpleNamespace(headers={"Date": http_date(timezone.now().timestamp() + seconds)}),
        )

    return ahead


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0, "ok"), (-20, "ok"), (60, "warning"), (-60, "warning"), (400, "error"), (-400, "error")],
)
def test_the_clock_is_held_against_stripes(stripe_is, seconds: int, level: str):
    stripe_is(seconds)
    assert said(stripe_side.clock)["clock"].level == level


def test_a_stripe_that_cannot_be_reached_is_an_error_with_its_address(settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"
    found = said(stripe_side.clock)["clock"]
    assert found.level == "error"
    assert "http://127.0.0.1:1" in found.remedy


def test_gifts_without_events_are_an_error_once_an_event_had_time_to_come(make_donation, settings):
    settings.SANDBOX = False
    assert said(stripe_side.events)["events"].level == "warning", "nothing has come yet"
    paid(make_donation(), at=timezone.now())
    assert said(stripe_side.events)["events"].level == "warning", "it may be under way"
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        found = said(stripe_side.events)["events"]
        assert found.level == "error"
        assert "webhook endpoint" in found.remedy
    StripeEvent.objects.create(id="evt_1", type="x", state="handled", body="")
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert said(stripe_side.events)["events"].level == "ok"


def test_gifts_of_demo_data_are_no_error_for_their_missing_events(make_donation, settings):
    settings.SANDBOX = True
    paid(make_donation(), at=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert said(stripe_side.events)["events"].level == "warning"


def test_failed_events_and_a_missing_secret_are_errors(settings):
    StripeEvent.objects.create(id="evt_1", type="x", state="failed", body="")
    assert said(stripe_side.events)["failed events"].message.startswith("1 events")
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert "STRIPE_WEBHOOK_SECRET" in said(stripe_side.events)["events"].remedy


def test_a_key_of_the_other_kind_of_money_is_an_error(settings):
    assert said(stripe_side.key)["key"].level == "ok"
    SiteIdentity.objects.update(mode="live")
    assert "STRIPE_SECRET_KEY" in said(stripe_side.key)["key"].remedy


def test_tables_and_guards_of_a_migrated_database_are_well():
    for check in (database.migrations, database.guards):
        assert {found.level for found in said(check).values()} == {"ok"}


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_wait_for_the_disk_is_an_error():
    assert said(database.options)["database options"].level == "error", "the tests' own survives no power cut"
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
            assert said(database.options)["database options"].level == "ok"
            cursor.execute("PRAGMA synchronous=OFF")


def test_missing_guards_are_an_error_that_names_them():
    append_only.drop()
    try:
        found = said(database.guards)["ledger guards"]
    finally:
        append_only.make()
    assert found.level == "error"
    assert "donations_ledgerentry_no_update" in found.message
    assert "manage.py migrate" in found.remedy


def backed_up(hours_ago: float) -> None:
    made_at = timezone.now() - timedelta(hours=hours_ago)
    scheduler.store_result(making.JOB, Result("made", {"made_at": made_at.isoformat()}))


@pytest.mark.parametrize(
    ("nightly", "hours", "level"), [(True, 20, "ok"), (True, 40, "error"), (False, 40, "ok"), (False, 200, "error")]
)
def test_the_backups_age_counts(settings, tmp_path: Path, nightly: bool, hours: int, level: str):
    settings.BACKUP_DIR = tmp_path if nightly else None
    backed_up(hours)
    assert said(machine.backup)["backup"].level == level


def test_no_backup_is_a_warning_and_a_failed_one_an_error():
    assert said(machine.backup)["backup"].level == "warning"
    Chore.objects.create(name=making.JOB, due_at=timezone.now(), error="BackupError: the disk is full")
    assert [each.level for each in machine.backup()] == ["error", "warning"]


@pytest.mark.parametrize("kind", ["a file", "a folder that nobody may write", "below a file", "fine", "to be made", ""])
def test_a_backup_folder_that_cannot_be_written_is_told_of_before_the_night(
    settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
):
    (tmp_path / "file").touch()
    if "nobody" in kind:
        monkeypatch.setattr(os, "access", lambda *_: False)
    paths = {"a file": tmp_path / "file", "below a file": tmp_path / "file" / "x", "to be made": tmp_path / "x" / "y"}
    settings.BACKUP_DIR = paths.get(kind, tmp_path) if kind else None
    bad = kind not in {"fine", "to be made", ""}
    assert [each.level for each in machine.backup_folder()] == ["error"] * bad


def test_a_folder_that_this_user_may_not_enter_is_a_finding_and_keeps_no_other_check_from_its_turn():
    def shut() -> Iterator[Finding]:
        raise PermissionError(13, "Permission denied", "/backups")

    found = examination.examine((shut, database.guards))
    assert [each.level for each in found] == ["error", "ok"]
    assert "/backups" in found[0].message


@pytest.mark.parametrize(("free", "level"), [(5e9, "ok"), (5e8, "warning"), (5e7, "error")])
def test_a_disk_that_fills_up_is_told_of_before_it_is_full(
    monkeypatch: pytest.MonkeyPatch, settings, tmp_path: Path, free: float, level: str
):
    settings.BACKUP_DIR = tmp_path
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert {each.level for each in machine.disk()} == {level}


@pytest.mark.parametrize(
    ("https", "count", "level"), [(True, 0, "warning"), (True, 1, "ok"), (False, 1, "warning"), (False, 0, "ok")]
)
def test_https_and_proxies_have_to_fit(settings, https: bool, count: int, level: str):
    settings.HTTPS, settings.TRUSTED_PROXIES = https, count
    assert said(machine.proxies)["proxies"].level == level


def test_a_proxy_that_nobody_counts_is_told_of_on_the_desk(settings, admin_client, caplog):
    settings.HTTPS, settings.TRUSTED_PROXIES = False, 0
    unknown_proxy.note("10.0.0.1")
    try:
        assert "TRUSTED_PROXIES" in said(machine.proxies)["proxies"].remedy
        assert "A proxy seems to stand before the site" in admin_client.get("/admin/").content.decode()
    finally:
        unknown_proxy.forget()
    assert "A proxy seems to stand before the site" not in admin_client.get("/admin/").content.decode()


def test_letters_that_wait_and_jobs_that_are_late_are_errors():
    assert said(machine.emails)["e-mail"].level == said(machine.background_work)["background work"].level == "ok"
    Mail.objects.create(kind="paid", key="1", created_at=timezone.now() - timedelta(hours=2), error="535 no")
    Chore.objects.create(name=scheduler.RECONCILE, due_at=timezone.now() - timedelta(hours=2))
    assert "535 no" in said(machine.emails)["e-mail"].message
    assert "Reconcile with Stripe" in said(machine.background_work)["background work"].message


def test_a_test_e_mail_is_sent_only_when_it_is_asked_for(stripe_is, capsys):
    stripe_is(0)
    examination.examine()
    assert mail.outbox == []
    assert said(machine.test_email, "you@example.org")["test e-mail"].level == "ok"
    assert [each.to for each in mail.outbox] == [["you@example.org"]]


def test_a_mail_server_that_refuses_is_an_error_that_names_the_settings(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert "EMAIL_URL" in said(machine.test_email, "you@example.org")["test e-mail"].remedy


def test_what_stripe_says_of_the_account_is_told_and_what_nobody_can_know_is_not(monkeypatch: pytest.MonkeyPatch):
    told = [good("key", "x"), warning("receipts", "x", "y"), warning("endpoint", "x", "y"), fault("key", "x", "y")]
    monkeypatch.setattr(stripe_check, "findings", lambda: told)
    assert list(stripe_side.account()) == told[2:]


def test_the_command_ends_with_the_worst_as_monitors_read_it(stripe_is, capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stripe_check, "findings", list)
    stripe_is(400)
    with pytest.raises(SystemExit) as end:
        call_command("doctor", "--json")
    assert end.value.code == 2
    told = json.loads(capsys.readouterr().out)
    assert told["level"] == "error"
    assert {"name": "clock", "level": "error"}.items() <= next(
        each for each in told["findings"] if each["name"] == "clock"
    ).items()
    assert all(each["remedy"] for each in told["findings"] if each["level"] != "ok"), "each with its remedy"


def test_a_site_that_is_well_is_told_so_and_ends_with_0(monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(examination, "THOROUGH", (stripe_side.key, machine.emails))
    call_command("doctor")
    assert capsys.readouterr().out.count("ok ") == 2


def test_a_database_that_does_not_answer_is_said_once():
    def away() -> Iterator[Finding]:
        raise DatabaseError("gone")

    (found,) = examination.examine((away, away))
    assert (found.level, found.name) == (Level.ERROR, "database")


def test_the_desk_shows_the_same_to_those_who_may_see_the_jobs(admin_client, stripe_is):
    stripe_is(400)
    page = admin_client.get("/admin/donations/chore/doctor/").content.decode()
    assert "seconds off Stripe" in page
    assert "timedatectl" in page
