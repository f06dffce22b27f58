"""The way of a donation out: form, amount, checkout, thanks, and the same as a JSON API."""
