from __future__ import annotations

from collections.abc import Iterator

import pytest

from lib.web import unknown_proxy


@pytest.fixture(autouse=True)
def _none_was_seen() -> Iterator[None]:
    unknown_proxy.forget()
    yield
    unknown_proxy.forget()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "172.17.0.1", "fd00::1", ""])
def test_a_proxy_near_by_is_told_of_once(address: str, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        unknown_proxy.note(address)
    assert unknown_proxy.seen()
    [record] = caplog.records
    assert "Set TRUSTED_PROXIES" in record.getMessage()


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_a_visitor_who_sends_the_header_alarms_nobody(address: str, caplog: pytest.LogCaptureFixture) -> None:
    unknown_proxy.note(address)
    assert not unknown_proxy.seen()
    assert not caplog.records
