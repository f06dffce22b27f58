"""The short run; `make chaos` is the long one."""

from __future__ import annotations

import pytest

from tests.system.chaos.run import Plan, run
from tests.system.journeys.databases import POSTGRESQL


@pytest.mark.slow
@pytest.mark.usefixtures("site_database")
def test_the_books_survive_a_short_storm() -> None:
    """And the month after it, in which what was given monthly comes again."""
    few = Plan(seed=20, donors=16, regulars=3, months=1, seconds=8, kills=2, sites=2 if POSTGRESQL else 1)
    summary, differences = run(few)
    assert not differences, summary
