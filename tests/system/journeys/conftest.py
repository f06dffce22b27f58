"""Sites as processes on fresh databases, with Stripe's stand-in as a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.project.running import free_port
from tests.system.journeys.databases import Database, postgresql_databases, sqlite_databases
from tests.system.journeys.donors import Donor
from tests.system.journeys.sites import Site, Stripe


@pytest.fixture(scope="session")
def new_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Database]]:
    with sqlite_databases(tmp_path_factory.mktemp("databases")) as make:
        yield make


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest, site_database: str) -> Iterator[Callable[[], Database]]:
    """Of the kind that this run of the tests is about."""
    if not site_database:
        yield request.getfixturevalue("new_sqlite")
        return
    with postgresql_databases(site_database) as make:
        yield make


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def site_and_stripe(stack: ExitStack, new_database: Callable[[], Database], tmp_path: Path) -> tuple[Site, Stripe]:
    """A site that has not started yet, and a Stripe that has."""
    port = free_port()
    stripe = Stripe(stack, tmp_path / "stripe.sqlite3", f"http://127.0.0.1:{port}/stripe-webhook/")
    stripe.start()
    return Site(stack, new_database(), stripe.side.address, port), stripe


@pytest.fixture
def site(site_and_stripe: tuple[Site, Stripe]) -> Site:
    """A site that has not started yet, with a Stripe outside that has."""
    return site_and_stripe[0]


@pytest.fixture
def donor(stack: ExitStack) -> Callable[[Site], Donor]:
    """A donor who has the form of this site before them."""
    return lambda site: stack.enter_context(Donor(site.address)).opens_the_form()
