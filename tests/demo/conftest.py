"""The stand-in over HTTP, as the tests of the domain have it."""

from tests.donations.conftest import _fresh_totals, stripe  # noqa: F401
