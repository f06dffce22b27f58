"""The stand-in over HTTP, as the tests of the domain have it."""

from tests.donations.conftest import stripe  # noqa: F401
