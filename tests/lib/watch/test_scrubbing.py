from __future__ import annotations

import pytest

from lib.watch.scrubbing import scrub


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Key (email)=(ada@example.org) already exists", "Key (email)=(…) already exists"),
        ("Key (name)=(Ada (Byron) Lovelace) already exists.", "Key (name)=(…) already exists."),
        ("Key (user_id)=(7) is not present in", "Key (user_id)=(…) is not present in"),
        (
            "null value\nDETAIL:  Failing row contains (1, Ada (B.) L, For the roof.\nAnd you, null).\n\nThe above",
            "null value\nDETAIL:  Failing row contains (…).\n\nThe above",
        ),
        ("no such column\nLINE 1: UPDATE x SET name = 'Ada'\n   ^", "no such column\nLINE 1: …\n   ^"),
        ("/password-reset?email=ada%40example.org&x=1", "/password-reset?email=…&x=1"),
        ("Ada Lovelace <ada+gift@mail.example.co.uk>, bob@example.org", "Ada Lovelace <…>, …"),
        ("Invalid API Key provided: sk_live_51HAbCdEf", "Invalid API Key provided: sk_live_…"),
        ("rk_test_123abc, whsec_0123456789abcdef", "rk_test_…, whsec_…"),
        ("GET /sandbox/pay/cs_test_a1B2c3 200", "GET /sandbox/pay/cs_test_… 200"),
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer …"),
        ("AUTHORIZATION: BEARER abc.def-123456", "AUTHORIZATION: BEARER …"),
        ("a ba\u017fic abcdef123456, PASSWORD=geheim", "a ba\u017fic …, PASSWORD=…"),
        ("postgres://tincup:geheim@db.example.org/tincup", "postgres://…@db.example.org/tincup"),
        ("/receipts/17?key=abcdef", "/receipts/17?key=…"),
        ("csrfmiddlewaretoken=abcdef; session=xyz", "csrfmiddlewaretoken=…; session=…"),
        (f"GET /monthly/{'aB3-' * 12} 200 7 ms", "GET /monthly/… 200 7 ms"),
    ],
)
def test_addresses_keys_and_links_are_taken_out(text: str, left: str):
    assert scrub(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "GET /donate 200 12 ms",
        "GET /static/css/site.3f2a1b9c0d4e.css 200 1 ms",
        f"GET /logo/{'0f' * 16}.png 200 1 ms",
        "job mirror failed: 3 @ noon",
        "event evt_1ABC (checkout.session.completed) failed",
        "payment pi_3ABC of re_1DEF",
        "/account/gifts/0b9c7c0e-6d0f-4b0e-9a57-0c4a3f0d8f11",
    ],
)
def test_what_helps_to_find_a_fault_stays(text: str):
    assert scrub(text) == text
