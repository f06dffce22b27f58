"""Errors go to a collector that speaks Sentry's protocol, if SENTRY_DSN names one: an extra, for which nothing is
installed without it. What goes out is the error and where it happened, and no person."""

from __future__ import annotations

import importlib
from typing import Any

from lib.version import version
from lib.watch import request_id
from lib.watch.scrubbing import scrub
from project.env import refuse

# Of a request, what may go out.
REQUEST = ("method", "url")
# Whole branches that hold nothing but persons, machines and variables' values.
DROPPED = ("user", "server_name", "modules", "extra")


def start(dsn: str) -> None:
    """Ends the process with one line if the package is not there, or the address cannot be read."""
    try:
        sdk: Any = importlib.import_module("sentry_sdk")
    except ImportError:
        refuse("SENTRY_DSN", "needs a package: pip install -r requirements-sentry.txt, or take SENTRY_DSN out.")
    try:
        sdk.init(
            dsn=dsn,
            release=version(),
            send_default_pii=False,
            include_local_variables=False,
            include_source_context=True,
            max_request_body_size="never",
            max_breadcrumbs=0,
            traces_sample_rate=0,
            before_send=without_persons,
        )
    except Exception:  # its own class of error is in the package; the address holds a key and is not repeated
        refuse("SENTRY_DSN", "cannot be read: copy it anew from the project's settings there.")


def without_persons(event: dict[str, Any], hint: Any = None) -> dict[str, Any]:
    """The event with nothing in it that tells who somebody is or lets anybody in. A hook of sentry_sdk's."""
    kept = {name: value for name, value in event.items() if name not in DROPPED}
    if "request" in kept:
        kept["request"] = {name: value for name, value in kept["request"].items() if name in REQUEST}
        if "url" in kept["request"]:
            kept["request"]["url"] = str(kept["request"]["url"]).partition("?")[0]
    for thread in _frames(kept):
        thread.pop("vars", None)
    if its_id := request_id.current():
        kept["tags"] = {**(kept.get("tags") or {}), "request_id": its_id}
    scrubbed: dict[str, Any] = _scrubbed(kept)
    return scrubbed


def _frames(event: dict[str, Any]) -> list[dict[str, Any]]:
    stacks = [each.get("stacktrace") or {} for each in (event.get("exception") or {}).get("values") or []]
    return [frame for stack in stacks for frame in stack.get("frames") or []]


def _scrubbed(thing: Any) -> Any:
    if isinstance(thing, str):
        return scrub(thing)
    if isinstance(thing, dict):
        return {name: _scrubbed(value) for name, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_scrubbed(value) for value in thing]
    return thing
