"""Reads what Stripe's SDKs send: `line_items[0][price_data][currency]=usd` and its like."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from sandbox.core.errors import ApiError

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\]){0,10})")


def parse(text: str) -> dict[str, Any]:
    """Nested dictionaries of strings.

    Lists stay dictionaries with numbered keys: only the parameter's own rule knows whether "0" is a place in a
    list or a metadata key.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise ApiError(400, "Invalid request: the body is not form-encoded.") from None
    params: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None:
            raise ApiError(400, f"Invalid request: cannot read the parameter name {name[:100]}.")
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        _put(params, path, value, name)
    return params


def _put(params: dict[str, Any], path: list[str], value: str, name: str) -> None:
    place = params
    for step in path[:-1]:
        place = place.setdefault(_key(place, step), {})
        if not isinstance(place, dict):
            raise ApiError(400, f"Invalid request: {name} is both a value and a hash.", param=path[0])
    last = _key(place, path[-1])
    if isinstance(place.get(last), dict):
        raise ApiError(400, f"Invalid request: {name} is both a value and a hash.", param=path[0])
    place[last] = value


def _key(place: dict[str, Any], step: str) -> str:
    return step or str(len(place))
