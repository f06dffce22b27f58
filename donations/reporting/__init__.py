"""What the ledger adds up to: totals, months, fees, exports, and the reconciliation with Stripe."""
