"""Whether a proxy seems to stand before the site that the settings do not know of.

Then every visitor has the proxy's address, and whatever is limited by address is limited for all of them together.
"""

from __future__ import annotations

import ipaddress
import logging
import threading

log = logging.getLogger(__name__)

_seen = threading.Event()


def note(address: str) -> None:
    """A request from this address came with X-Forwarded-For, and no proxy is trusted. The log is told once.

    Only of addresses that are not public: anybody may send the header, but a proxy of one's own is mostly near.
    """
    if not _seen.is_set() and _near(address):
        _seen.set()
        log.warning(
            "a proxy seems to stand before the site, but TRUSTED_PROXIES is 0: every visitor seems to come from it. "
            "Set TRUSTED_PROXIES to the number of proxies of yours."
        )


def seen() -> bool:
    """Whether this process has noted one."""
    return _seen.is_set()


def forget() -> None:
    """As if none had been seen."""
    _seen.clear()


def _near(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return True  # a socket file
