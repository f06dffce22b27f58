"""What an operator may say of currency and amounts: what Stripe would refuse later is refused at the start."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from lib import currencies, money
from project.env import BASE_DIR

NAMES = ("DONATION_CURRENCY", "DONATION_AMOUNTS", "DONATION_DEFAULT_AMOUNT", "DONATION_MIN", "DONATION_MAX")


@pytest.fixture
def amounts_of(monkeypatch: pytest.MonkeyPatch):
    """The settings of money as a process with these variables would read them."""

    def read(**variables: str) -> dict[str, Any]:
        for name in NAMES:
            monkeypatch.setenv(name, variables.get(name, ""))
        return runpy.run_path(str(BASE_DIR / "project" / "conf" / "money.py"))

    return read


@pytest.mark.parametrize(
    ("currency", "below", "bound"),
    [
        *(("usd", "0.49", "0.50"), ("eur", "0.49", "0.50"), ("gbp", "0.29", "0.30"), ("jpy", "49", "50")),
        *(
            ("huf", "174", "175"),
            ("czk", "14.99", "15"),
            ("mxn", "9.99", "10"),
            ("hkd", "3.99", "4"),
            ("sek", "2", "3"),
        ),
    ],
)
@pytest.mark.parametrize("name", ["DONATION_MIN", "DONATION_AMOUNTS", "DONATION_DEFAULT_AMOUNT", "DONATION_MAX"])
def test_less_than_stripe_takes_is_refused_with_the_bound(
    amounts_of, name: str, currency: str, below: str, bound: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        amounts_of(**{"DONATION_CURRENCY": currency, name: below})
    told = f"tincup: {name} holds {below}, less than Stripe takes: at least {bound} {currency.upper()}."
    assert str(stop.value) == told
    amounts_of(DONATION_CURRENCY=currency, DONATION_MIN=bound)


@pytest.mark.parametrize(
    ("currency", "coins", "default", "least", "most"),
    [
        ("", [500, 1000, 2000, 5000, 10000], 2000, 100, 1_000_000),
        ("jpy", [500, 1000, 2000, 5000, 10000], 2000, 100, 1_000_000),
        ("kwd", [5000, 10000, 20000, 50000, 100_000], 20000, 1000, 10_000_000),
        ("huf", [50000, 100_000, 200_000, 500_000, 1_000_000], 200_000, 17500, 99_999_900),
        ("isk", [50000, 100_000, 200_000, 500_000, 1_000_000], 200_000, 10000, 99_999_900),
        ("pln", [500, 1000, 2000, 5000, 10000], 2000, 200, 1_000_000),
    ],
)
def test_what_is_not_set_follows_the_currency(
    amounts_of, currency: str, coins: list[int], default: int, least: int, most: int
) -> None:
    settings = amounts_of(DONATION_CURRENCY=currency)
    assert settings["DONATION_AMOUNTS"] == coins
    assert settings["DONATION_DEFAULT_AMOUNT"] == default
    assert (settings["DONATION_MIN"], settings["DONATION_MAX"]) == (least, most)


@pytest.mark.parametrize("currency", sorted(currencies.SUPPORTED))
def test_every_currency_of_stripes_starts_with_nothing_else_set(amounts_of, currency: str) -> None:
    settings = amounts_of(DONATION_CURRENCY=currency)
    for amount in (*settings["DONATION_AMOUNTS"], settings["DONATION_DEFAULT_AMOUNT"], settings["DONATION_MIN"]):
        assert money.minor(money.short(amount, currency), currency) == amount
        assert money.payable(amount, currency)


@pytest.mark.parametrize(
    ("currency", "wrong", "like"),
    [("jpy", "12.50", "2000 or 500"), ("kwd", "x", "20 or 12.500"), ("isk", "1.5", "2000")],
)
def test_the_example_is_of_the_currency(amounts_of, currency: str, wrong: str, like: str) -> None:
    with pytest.raises(SystemExit, match=f"use an amount in {currency.upper()}, like {like}"):
        amounts_of(DONATION_CURRENCY=currency, DONATION_AMOUNTS=wrong)


def test_of_three_decimals_stripe_wants_the_last_to_be_0(amounts_of) -> None:
    with pytest.raises(SystemExit, match="DONATION_AMOUNTS holds 5"):
        amounts_of(DONATION_CURRENCY="kwd", DONATION_AMOUNTS="5.005")
    assert amounts_of(DONATION_CURRENCY="kwd", DONATION_AMOUNTS="5.5,7.250")["DONATION_AMOUNTS"] == [5500, 7250]
