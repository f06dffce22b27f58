"""Builders of Stripe-shaped objects: every key that Stripe's own examples carry, with the values of a plain payment."""
