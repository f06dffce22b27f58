"""The port that somebody types behind `runserver`, however they type it."""

from __future__ import annotations

import pytest

from project import addrport


@pytest.mark.parametrize(
    ("typed", "port"),
    [
        ("", ""),
        ("8123", "8123"),
        ("127.0.0.1:8123", "8123"),
        ("0:8123", "8123"),
        ("[::1]:8123", "8123"),
        ("localhost:8123 --noreload", "8123"),
        ("--noreload 8123", "8123"),
        ("-6 8123", "8123"),
        ("--settings project.settings 8123", "8123"),
        ("-v 2 8123", "8123"),
        ("--verbosity 2", ""),
        ("--settings=project.settings --nothreading", ""),
        ("eighty", ""),
        ("٨١٢٣", ""),
        ("--help", ""),
    ],
)
def test_the_port_is_the_one_that_was_typed(typed: str, port: str) -> None:
    assert addrport.port(typed.split()) == port
