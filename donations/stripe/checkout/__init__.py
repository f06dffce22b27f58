"""What Stripe's page is asked for."""
