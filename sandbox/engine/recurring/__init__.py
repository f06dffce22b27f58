"""What is paid again and again: customers, subscriptions, invoices, their attempts, the billing portal."""
