"""What the last daily check of the books said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk.pages import formatting
from donations.models import Chore
from donations.reporting import reconciliation_result


@dataclass(frozen=True, slots=True)
class ReconciliationStatus:
    """`differences` is None when the check has not come to an end; `at` is None when it never has."""

    at: datetime | None
    differences: int | None
    result: str

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
    return ReconciliationStatus(job.done_at, reconciliation_result.differences(job.data), job.result)
