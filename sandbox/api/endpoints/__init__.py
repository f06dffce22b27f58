"""What each call does: it checks its parameters and returns one of Stripe's objects."""
