from __future__ import annotations

import json
import logging
import sys

from lib.watch import request_id
from project.watch import logs


def record(message: str, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("tincup.access", logging.INFO, "x.py", 1, message, (), None)
    vars(made).update(fields)
    return made


def failed(words: str) -> logging.LogRecord:
    try:
        raise ValueError(words)
    except ValueError:
        return logging.LogRecord("x", logging.ERROR, "x.py", 1, "it failed", (), sys.exc_info())


def test_a_json_line_tells_what_a_program_asks_for():
    with request_id.answering() as its_id:
        line = json.loads(logs.Json().format(record("GET / 200", method="GET", path="/", status=200, ms=3)))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "tincup.access",
        "message": "GET / 200",
        "request_id": its_id,
        "method": "GET",
        "path": "/",
        "status": 200,
        "ms": 3,
    }


def test_a_traceback_is_one_line_and_names_nobody():
    for formatter in (logs.Json(), logs.Text()):
        written = formatter.format(failed("Key (email)=(ada@example.org) exists, sk_live_123abc"))
        assert "ada@example.org" not in written
        assert "sk_live_123" not in written
        assert "Traceback" in written
    assert "\n" not in logs.Json().format(failed("x\ny"))


def test_a_text_line_has_the_id_of_its_request_and_outside_of_one_none():
    with request_id.answering("from-the-proxy"):
        assert logs.Text().format(record("hello")).endswith("hello [from-the-proxy]")
    assert logs.Text().format(record("hello")).endswith("hello")
