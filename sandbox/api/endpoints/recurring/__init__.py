"""The endpoints of subscriptions and all that belongs to them."""
