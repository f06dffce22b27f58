"""Adaptive Pricing: payers from elsewhere pay in a currency of their own. The account keeps its books in its."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.models import Behaviour

Body = dict[str, Any]

KEY = "presentment_details"


def of_session(session: Body) -> Body:
    """What the session, its intent and its charge carry while the payer sees another currency; else nothing."""
    behaviour = Behaviour.current()
    currency = behaviour.payer_currency
    if not session["adaptive_pricing"]["enabled"] or currency in {"", session["currency"]}:
        return {}
    amount = _round(session["amount_total"] * behaviour.payer_rate)
    return {KEY: {"presentment_amount": amount, "presentment_currency": currency}}


def of_part(whole: Body, amount: int) -> Body:
    """What a refund of so much of a charge carries."""
    if KEY not in whole:
        return {}
    share = Decimal(amount) / Decimal(whole["amount"])
    return {KEY: {**whole[KEY], "presentment_amount": _round(whole[KEY]["presentment_amount"] * share)}}


def _round(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
