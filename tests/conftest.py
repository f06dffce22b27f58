"""What every test shares: a folder for the databases, and plain words when there is no browser to test with."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import NoReturn

import pytest
from django.core.cache import cache
from django.core.servers.basehttp import WSGIRequestHandler
from django.core.signals import setting_changed
from django.db import DEFAULT_DB_ALIAS, connection, connections

from donations.shield import refusals
from lib.watch.scrubbing import scrub
from lib.web import kept_page
from project import write_check
from project.env import BASE_DIR

# Donations, events and Stripe, as the tests of several apps need them.
pytest_plugins = ["tests.donations.fixtures"]

# The same browser without a window takes half the processor.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
BROWSER_TESTS = BASE_DIR / "tests" / "system" / "browser"
MISSING = "Browser tests were NOT run: chromium is missing. Install it with: apt install chromium-headless-shell"
LEFT_OUT = pytest.StashKey[bool]()


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """Totals and the organisation are cached for seconds: a test must not see those of the one before."""
    cache.clear()
    kept_page.forget()
    write_check.forget()
    refusals.forget()


@pytest.fixture(autouse=True)
def _once_is_meant(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that runs beside one database alone must really have no way to the site's: see below."""

    def refuse(*_: object) -> NoReturn:
        pytest.fail("tests/conftest.py takes it for a test that needs no database of the site's")

    with connection.execute_wrapper(refuse) if request.node.get_closest_marker("once") else nullcontext():
        yield


class Listener(logging.Handler):
    """Hears every line before the formatter takes anything out of it."""

    def __init__(self) -> None:
        super().__init__()
        self.leaks: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if scrub(message := record.getMessage()) != message:
            self.leaks.append(f"{record.name}: {message}")


@pytest.fixture(autouse=True)
def _no_line_of_the_log_names_anybody() -> Iterator[None]:
    """Whatever a test makes the site do: no address, key or token is handed to the log."""
    listener = Listener()
    # The second one does not hand its lines on to the first.
    loggers = [logging.getLogger(), logging.getLogger("django.request")]
    for logger in loggers:
        logger.addHandler(listener)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(listener)
    assert listener.leaks == []


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """No test here survives a power cut. Sites that a test starts as processes keep their own settings."""
    for each in connections.all():
        if each.vendor == "sqlite":
            options = each.settings_dict["OPTIONS"]
            options["init_command"] = f"{options.get('init_command', '')} PRAGMA synchronous=OFF;"


def pytest_configure(config: pytest.Config) -> None:
    (BASE_DIR / "data").mkdir(exist_ok=True)
    # Django's live server sends an answer in two pieces. The second would wait 40 ms for the word that the first came.
    WSGIRequestHandler.disable_nagle_algorithm = True
    # No running site changes a setting, so none forgets its pages for that; a test looks at one page with both.
    setting_changed.connect(_forget_the_pages)


def _forget_the_pages(**_: object) -> None:
    kept_page.forget()


@pytest.fixture(scope="session")
def site_database() -> str:
    """Asked for by what starts the site as a process on this run's kind of database: PostgreSQL's address, or none."""
    return os.environ.get("TEST_DATABASE_URL", "")


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """What has no way to the site's own database runs once: it would do the same beside another one.

    Nobody has to judge that: pytest-django lets a test touch no database that it has not asked for.
    """
    if not _may_use_the_sites_database(item):
        item.add_marker("once")
    if item.get_closest_marker("browser") and BROWSER_TESTS not in item.path.parents:
        raise pytest.UsageError(f"{item.nodeid}: make looks for the browser's tests in {BROWSER_TESTS} alone")


def _may_use_the_sites_database(item: pytest.Item) -> bool:
    asked = {
        alias for marker in item.iter_markers("django_db") for alias in marker.kwargs.get("databases", ["default"])
    }
    asked |= set(getattr(getattr(item, "cls", None), "databases", ()))
    fixtures = set(getattr(item, "fixturenames", ()))
    # Where a marker names the databases, it names those of the fixtures as well.
    by_fixture = not asked and fixtures & {"db", "transactional_db", "live_server"}
    return bool(by_fixture) or DEFAULT_DB_ALIAS in asked or "site_database" in fixtures


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """After -m and -k had their say."""
    _begin_with_what_takes_long(items)
    _leave_out_the_browser(config, items)


def _begin_with_what_takes_long(items: list[pytest.Item]) -> None:
    """Slow files stand first in each worker's share: begun last, one would run on while the other workers idle."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    quick = [item for item in items if not item.get_closest_marker("slow")]
    slow: dict[Path, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("slow"):
            slow.setdefault(item.path, []).append(item)
    files = list(slow.values())
    share = -(-len(quick) // workers)
    items[:] = [
        item
        for worker in range(workers)
        for item in (*chain(*files[worker::workers]), *quick[worker * share : (worker + 1) * share])
    ]


def _leave_out_the_browser(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without chromium, that is; or fail if its tests are required."""
    browser = [item for item in items if item.get_closest_marker("browser")]
    if CHROMIUM or not browser:
        return
    if os.environ.get("REQUIRE_BROWSER") == "1":
        raise pytest.UsageError(MISSING)
    config.stash[LEFT_OUT] = True
    config.hook.pytest_deselected(items=browser)
    items[:] = [item for item in items if item not in browser]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and LEFT_OUT in session.config.stash:
        session.exitstatus = pytest.ExitCode.OK


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    # Under xdist the process that reports has collected nothing itself, so it cannot know more than its command line.
    if not CHROMIUM and "not browser" not in config.option.markexpr:
        terminalreporter.write_line(MISSING, yellow=True, bold=True)
