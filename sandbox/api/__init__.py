"""Stripe's HTTP API, as far as Tincup calls it."""
