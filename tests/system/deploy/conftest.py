"""The sites of these tests are those of the journeys."""

from tests.system.journeys.conftest import new_sqlite

__all__ = ["new_sqlite"]
