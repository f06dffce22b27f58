"""The ledger and what is written with it: rows, status, monthly totals, receipt numbers."""
