"""Whether the Stripe account is set up as this site needs it: nothing here books anything."""
