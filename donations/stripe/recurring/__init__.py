"""What comes again at Stripe: subscriptions, their invoices and the payments of those."""
