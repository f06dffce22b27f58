"""Builders of what is paid for again and again: customers, subscriptions, their invoices, the billing portal."""
