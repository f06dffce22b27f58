"""Whom a limit is about, of whom nothing is known but an IP address."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from django.http import HttpRequest

# Bits that stand for one visitor: whoever has an IPv6 address has all of its /64.
PLACE = {4: 32, 6: 64}
# Bits that stand for one neighbourhood: what a hoster or a provider gives to one customer, or a few.
AREA = {4: 24, 6: 48}


@dataclass(frozen=True, slots=True)
class Whence:
    """Where a visitor is: one place, and the area around it, as texts."""

    place: str
    area: str


def whence(request: HttpRequest) -> Whence:
    """Where the request comes from; project.middleware.trusted_proxies has set the address right behind proxies."""
    return of(request.META.get("REMOTE_ADDR") or "")


def of(address: str) -> Whence:
    """The place and area of an IP address. What is none (a socket file) is one place, for everybody who comes by it."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return Whence("elsewhere", "elsewhere")
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
        known = known.ipv4_mapped
    return Whence(_network(known, PLACE[known.version]), _network(known, AREA[known.version]))


def _network(address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int) -> str:
    # Through the number: an address may carry the name of an interface, which a network may not.
    network = ipaddress.IPv4Network if address.version == 4 else ipaddress.IPv6Network
    return str(network((int(address), bits), strict=False))
