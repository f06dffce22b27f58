"""The Stripe account behind the key: which one it is, and whether it is set up as this site needs it."""
