"""What the last daily check of the books said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from desk.pages import formatting
from donations.jobs.scheduler import VERIFY
from donations.models import Chore

# As donations.reporting.reconciliation.ReconciliationResult puts it.
_DIFFERENCES = re.compile(r"(\d+) differences")


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
    chore = Chore.objects.filter(pk=VERIFY).first()
    if chore is None:
        return ReconciliationStatus(None, None, "")
    found = _DIFFERENCES.search(chore.result)
    return ReconciliationStatus(chore.done_at, int(found[1]) if found else None, chore.result)
