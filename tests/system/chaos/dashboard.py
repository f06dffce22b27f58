"""Stripe's dashboard, for the treasurer and the weather: the stand-in's control API, which never fails on purpose."""

from __future__ import annotations

from typing import Any

import requests

KEY = "sk_test_chaos"


class Refused(Exception):
    """Stripe does not allow this."""


class Dashboard:
    def __init__(self, address: str) -> None:
        self.address = address

    def behave(self, **mood: Any) -> None:
        self._post("test_helpers/sandbox", **mood)

    def stranger_buys(self, amount: int) -> dict[str, Any]:
        """In another shop on the same account; the answer is the session."""
        return self._post("test_helpers/sandbox/stranger", amount=amount)

    def bank_answers(self, session: str, outcome: str) -> None:
        self._post("test_helpers/sandbox/settle", session=session, outcome=outcome)

    def bank_sends_back(self, session: str) -> None:
        """A debit that had arrived fails after all."""
        self._post("test_helpers/sandbox/fail_payment", session=session)

    def warn_of_fraud(self, session: str) -> None:
        self._post("test_helpers/sandbox/fraud_warning", session=session)

    def refund(self, session: str, amount: int) -> dict[str, Any]:
        return self._post("test_helpers/sandbox/refund", session=session, amount=amount)

    def settle_refund(self, refund: str, outcome: str) -> dict[str, Any]:
        return self._post("test_helpers/sandbox/settle_refund", refund=refund, outcome=outcome)

    def dispute(self, session: str, kind: str, amount: int) -> dict[str, Any]:
        return self._post("test_helpers/sandbox/dispute", session=session, kind=kind, amount=amount)

    def move_dispute(self, dispute: str, to: str) -> dict[str, Any]:
        return self._post("test_helpers/sandbox/dispute_move", dispute=dispute, to=to)

    def pay_out(self) -> None:
        self._post("test_helpers/sandbox/payout")

    def bill(self, amount: int) -> None:
        """Stripe takes a fee that belongs to no payment."""
        self._post("test_helpers/sandbox/stripe_fee", amount=amount)

    def do_what_is_due(self) -> None:
        """All that time alone brings has happened when this returns: renewals, answers of banks, pages that close."""
        self._post("test_helpers/sandbox/advance", seconds=0)

    def end_subscription(self, subscription: str, by: str) -> None:
        """By whom: "dashboard", "bank" or "stripe"."""
        self._post("test_helpers/sandbox/cancel_subscription", subscription=subscription, by=by)

    def end_with_its_period(self, subscription: str) -> None:
        self._post("test_helpers/sandbox/cancel_subscription", subscription=subscription, at_period_end=True)

    def change_card(self, subscription: str, number: str) -> None:
        self._post("test_helpers/sandbox/change_card", subscription=subscription, number=number)

    def resend_undelivered(self) -> int:
        return len(self._post("test_helpers/sandbox/resend", undelivered="true")["events"])

    def undelivered(self) -> int:
        """How many events never arrived, as far as one page tells."""
        return len(self._call("GET", "events", params={"delivery_success": "false", "limit": "100"})["data"])

    def expire(self, session: str) -> bool:
        """Close an open session. Not of the control API, so it may fail: False when it has to be tried again."""
        try:
            self._post(f"checkout/sessions/{session}/expire")
        except requests.RequestException:
            return False
        except Refused as error:
            # An answer that got lost on the way: it is closed already.
            return "status of expired" in str(error)
        return True

    def _post(self, path: str, **values: Any) -> dict[str, Any]:
        form = {name: str(value).lower() if isinstance(value, bool) else value for name, value in values.items()}
        return self._call("POST", path, data=form)

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {KEY}", "Connection": "close"}
        answer = requests.request(method, f"{self.address}/v1/{path}", headers=headers, timeout=120, **request)
        if answer.status_code in {400, 404}:
            raise Refused(answer.json()["error"]["message"])
        answer.raise_for_status()
        return dict(answer.json())
