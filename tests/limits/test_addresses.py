"""Which visitors are one visitor."""

from __future__ import annotations

import pytest

from limits import addresses


@pytest.mark.parametrize(
    ("address", "place", "area"),
    [
        ("203.0.113.9", "203.0.113.9/32", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.9/32", "203.0.113.0/24"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
        ("", "elsewhere", "elsewhere"),
        ("nonsense", "elsewhere", "elsewhere"),
    ],
)
def test_an_address_has_a_place_and_an_area(address: str, place: str, area: str) -> None:
    assert addresses.of(address) == addresses.Whence(place, area)
