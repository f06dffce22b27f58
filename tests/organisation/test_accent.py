"""Whatever colour an organisation has, everyone can read what stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisation import accent

TOKENS = (Path(__file__).resolve().parents[2] / "static/css/tokens.css").read_text()
COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(COLOURS)
def test_every_colour_is_readable_on_every_ground(colour: str) -> None:
    safe = accent.theme(colour)
    assert accent.least_contrast(safe.light, accent.LIGHT) >= 4.6
    assert accent.least_contrast(safe.dark, accent.DARK) >= 6.5
    assert accent.least_contrast(safe.raw_dark, accent.DARK) >= 3


@pytest.mark.parametrize(
    ("colour", "light", "dark"),
    [("#1d4c8f", "#1d4c8f", "#77aaf5"), ("#ffd400", "#7d6702", "#f4d66c"), ("#000000", "#000000", "#ababab")],
)
def test_a_colour_changes_no_more_than_it_must(colour: str, light: str, dark: str) -> None:
    safe = accent.theme(colour)
    assert (safe.light, safe.dark, safe.raw_light) == (light, dark, colour)


def test_the_grounds_are_those_of_the_stylesheet() -> None:
    grounds = [re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", TOKENS) for name in ("ledger", "page", "sheet")]
    assert {ground[1] for ground in grounds if ground} == set(accent.LIGHT)
    assert {ground[2] for ground in grounds if ground} == set(accent.DARK)


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#777777", 1)])
def test_contrast_is_wcags(one: str, other: str, ratio: int) -> None:
    assert accent.contrast(one, other) == pytest.approx(ratio)
