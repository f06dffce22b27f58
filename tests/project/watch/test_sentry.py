from __future__ import annotations

import json
import sys

import pytest

from lib.watch import request_id
from project.watch import sentry

EVENT = {
    "message": "cannot write to ada@example.org",
    "user": {"email": "ada@example.org", "ip_address": "203.0.113.7"},
    "server_name": "cash-box",
    "extra": {"sys.argv": ["--secret", "whsec_123456"]},
    "request": {
        "method": "POST",
        "url": "https://give.example.org/receipts/17?key=letmein",
        "query_string": "key=letmein",
        "data": {"name": "Ada Lovelace"},
        "cookies": {"session": "biscuit"},
        "headers": {"Cookie": "session=biscuit", "Authorization": "Bearer abcdefgh"},
        "env": {"REMOTE_ADDR": "203.0.113.7"},
    },
    "exception": {
        "values": [
            {
                "type": "ValueError",
                "value": "bad key sk_live_51Habc for Ada <ada@example.org>",
                "stacktrace": {"frames": [{"function": "begin", "vars": {"name": "Ada Lovelace"}}]},
            }
        ]
    },
}


def test_what_goes_out_names_nobody_and_lets_nobody_in():
    with request_id.answering("the-request"):
        sent = sentry.without_persons(EVENT)
    text = json.dumps(sent, ensure_ascii=False)
    for secret in (
        "ada@",
        "Lovelace",
        "203.0.113.7",
        "biscuit",
        "letmein",
        "sk_live_5",
        "whsec_1",
        "cash-box",
        "abcdefgh",
    ):
        assert secret not in text, secret
    assert sent["request"] == {"method": "POST", "url": "https://give.example.org/receipts/17"}
    assert sent["exception"]["values"][0]["stacktrace"]["frames"] == [{"function": "begin"}]
    assert sent["tags"] == {"request_id": "the-request"}


def test_an_event_of_a_job_has_no_request_and_goes_out_all_the_same():
    assert sentry.without_persons({"message": "a round failed"}) == {"message": "a round failed"}


def test_without_the_package_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(SystemExit, match=r"pip install -r requirements-sentry\.txt"):
        sentry.start("https://key@errors.example.org/1")
