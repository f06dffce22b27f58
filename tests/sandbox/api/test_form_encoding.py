"""Form encoding: whatever the SDK can send comes back as it was."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode

from sandbox.api.form_encoding import parse
from sandbox.core.errors import ApiError

names = st.text("abcdefghij_0123456789", min_size=1, max_size=8)
texts = st.text(max_size=20)
trees = st.recursive(texts, lambda inner: st.dictionaries(names, inner, min_size=1, max_size=3), max_leaves=8)


@given(st.dictionaries(names, trees, max_size=4))
def test_what_the_sdk_encodes_is_read_back(params: dict[str, Any]) -> None:
    assert parse(urlencode(list(_api_encode(params)))) == params


def test_lists_come_with_or_without_numbers() -> None:
    assert parse("expand[]=a&expand[]=b") == {"expand": {"0": "a", "1": "b"}}
    assert parse("expand[0]=a&expand[1]=b") == parse("expand[]=a&expand[]=b")


def test_brackets_may_be_percent_encoded() -> None:
    assert parse(f"{quote('a[b][c]')}=1") == {"a": {"b": {"c": "1"}}}


@pytest.mark.parametrize(
    "text", ["a=1&a[b]=2", "a[b]=1&a=2", "a[=1", "a]b=1", "[a]=1", "a=%ff", "a" + "[b]" * 11 + "=1", "a=1&" * 1001]
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse(text)
    assert refused.value.status == 400
