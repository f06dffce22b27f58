"""What donors have of their donations: history, receipts, e-mails, erasure."""
