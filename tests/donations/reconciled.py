"""What a reconciliation leaves behind, without one."""

from __future__ import annotations

from donations.jobs.registry import Result
from donations.reporting.reconciliation_result import Discrepancy, DiscrepancyKind, ReconciliationResult


def reconciled(differences: int) -> Result:
    """The kept result of a run over five rows that found so many discrepancies."""
    found = [Discrepancy(DiscrepancyKind.AMOUNT, "pi_1", "1", "2")] * differences
    result = ReconciliationResult(compared=5, discrepancies=found)
    return Result(str(result), result.as_data())
