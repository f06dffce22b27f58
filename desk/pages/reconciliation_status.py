"""What the last daily check of the books said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import ngettext

from desk.pages import formatting
from donations.models import Chore
from donations.reporting import reconciliation_result


@dataclass(frozen=True, slots=True)
class ReconciliationStatus:
    """`differences` is None when the check has not come to an end; `at` is None when it never has."""

    at: datetime | None
    differences: int | None
    result: str
    # A line for each account whose rows were proved, that of the present key first.
    accounts: tuple[str, ...] = ()

    @property
    def when(self) -> str:
        return formatting.moment(self.at) if self.at else ""

    @property
    def agree(self) -> bool:
        return self.differences == 0


def latest() -> ReconciliationStatus:
    job = Chore.objects.filter(pk=Chore.RECONCILE).first()
    if job is None:
        return ReconciliationStatus(None, None, "")
    differences = reconciliation_result.differences(job.data)
    return ReconciliationStatus(job.done_at, differences, job.result, tuple(_accounts(job.data or {})))


def _accounts(data: dict[str, Any]) -> Iterator[str]:
    if not data.get("account"):
        return  # kept by an earlier version
    compared = data["compared"]
    words = ngettext(
        "Stripe account %(account)s: %(count)d row compared.",
        "Stripe account %(account)s: %(count)d rows compared.",
        compared,
    )
    yield words % {"account": data["account"], "count": compared}
    for former in data["former"]:
        yield " ".join(_former(**former))


def _former(account: str, compared: int, unproved: int, copied_at: str | None) -> Iterator[str]:
    words = ngettext(
        "Former account %(account)s: %(count)d row compared with its book as of %(when)s.",
        "Former account %(account)s: %(count)d rows compared with its book as of %(when)s.",
        compared,
    )
    when = formatting.moment(datetime.fromisoformat(copied_at)) if copied_at else "–"
    yield words % {"account": account, "count": compared, "when": when}
    if unproved:
        words = ngettext(
            "%(count)d row came later, and only that account’s key could prove it.",
            "%(count)d rows came later, and only that account’s key could prove them.",
            unproved,
        )
        yield words % {"count": unproved}
